"""`domicile report`: a decision as one page that opens without a network."""
