"""`python -m openiads`."""

from openiads.cli import main

if __name__ == "__main__":
    main()
