"""The embedded index: which items have which words, as arrays that open by memory map."""
