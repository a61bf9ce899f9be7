"""Tables as they are read from files: CSV, JSON lines, Parquet, and spreadsheets; a kind of file is one line here."""

from flows.batch.tables.read import SUFFIXES, read_table
from flows.batch.tables.table import Row, Table

__all__ = ["SUFFIXES", "Row", "Table", "read_table"]
