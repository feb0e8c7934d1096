"""Printable, localized carrier guides from one reviewed source of content."""

__version__ = "0.1.0"
