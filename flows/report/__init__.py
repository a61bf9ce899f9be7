"""What a person looks at after a render: `report.html` and the contact sheet; `missing.html` if it did not end well."""

from flows.report.missing import write_missing
from flows.report.page import write_report
from flows.report.sheet import contact_sheet

__all__ = ["contact_sheet", "write_missing", "write_report"]
