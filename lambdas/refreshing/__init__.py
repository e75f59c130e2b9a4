"""The refresh of a model that serves: events and put items since its training become a small folder.

handler.py wires · refreshing.py does the work · answers.py finds what answers had shown. The counting and the
form of the folder are `tastemaker/refreshing`.
"""
