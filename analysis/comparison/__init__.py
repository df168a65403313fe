"""Several runs on one page: what they say of each other, in numbers, words, tables and plots."""
