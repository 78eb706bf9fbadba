"""The suites, one a folder: cases that say why they exist, and six lines that say what answers and who grades."""
