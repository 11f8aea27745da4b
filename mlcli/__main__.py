"""`python -m mlcli` is `mlcli`."""

from mlcli.cli import main

main()
