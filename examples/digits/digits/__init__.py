"""The steps of the digits example, one module for each stage."""
