"""The documents (文书) that staff would otherwise type: official drafts, filled-in forms, the docket, tables.

They are made from the register, by reading only, and hold nothing that it does not. The same register gives the same bytes.
"""
