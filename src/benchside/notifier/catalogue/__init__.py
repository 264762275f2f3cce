"""What is said of each condition, in English and Spanish: one file for each source.  Read by words.py; no code here."""
