"""Rankings as other tools hold them: tables for spreadsheets, and tasks of Label Studio."""
