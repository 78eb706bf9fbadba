"""What is said of answers: one grader a file. A grader gives numbers; what they mean for a choice is for the verdict."""
