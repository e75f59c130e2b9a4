"""Texts and queries → tokens: words, stop words, stems, and synonyms."""
