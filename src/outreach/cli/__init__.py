"""The command ``outreach``.

Exit status: 0 done, or the answer is yes; 1 the answer is no, or rows were rejected; 2 the command or
its input cannot be used; 3 outreach cannot start (settings, plugins, packs, ledger); 4 the ledger is
busy, nothing was done; 130 stopped by Ctrl-C, everything under way recorded.
"""

from outreach.cli.main import main

__all__ = ["main"]
