"""One file a command: parse, read, compute, tell, show."""
