"""A module that does something when it is imported: it opens a file for writing."""

import os

from outreach_starter_check.check import StarterCheck

with open(os.devnull, "w") as file:
    file.write("here I am")


class LoudCheck(StarterCheck):
    """Nothing else is wrong with it."""
