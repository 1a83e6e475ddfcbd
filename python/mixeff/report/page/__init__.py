"""A fit as one page of HTML that needs no network: to read, to print, and to move covariates in."""

from .document import page_html, write_report

__all__ = ["page_html", "write_report"]
