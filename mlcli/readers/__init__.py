"""The learner's files, as arrays and graphs."""
