"""``python -m outreach``: the command, wherever its script is."""

from outreach.cli import main

if __name__ == "__main__":
    main()
