"""From a saved record to a page."""

from openiads.reports.page import report_html, write_report

__all__ = ["report_html", "write_report"]
