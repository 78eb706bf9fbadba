"""The rules of the contact verdict: facts, the question and the tables in; a finding, or None, out."""
