"""Write the report."""

from .report import main

main()
