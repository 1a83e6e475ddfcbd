"""`python -m mixeff.cli` is the command `mixeff`."""

from mixeff.cli import main

main()
