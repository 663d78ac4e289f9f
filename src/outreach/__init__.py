"""outreach: contact people about debts only when, where and how the law and they themselves allow."""

__version__ = "0.1.0"
