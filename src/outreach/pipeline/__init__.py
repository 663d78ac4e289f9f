"""The steps of the way of a contact, one module each; ``outreach.dispatcher`` walks them in order."""
