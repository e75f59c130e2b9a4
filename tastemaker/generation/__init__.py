"""Text from recommendations and metadata: themes, messages, explanations, summaries.

generator     the interface of models and templates, and its errors
patience      retries, time limits and ceilings on cost around a model
text_cache    texts by the content of their prompt
writer        a text that is checked; if it fails, another try, then the template
terms         words of texts, and what distinguishes a group of texts
themes        a theme for a group of items
relevance     how well items fit a theme
product       what may be said about an item
facts         checks that a text says nothing else
phrases       the templates, by language
messages      messages about recommended items
reasons       explanations as sentences
summaries     short texts about an item or a user's taste

Nothing here calls AWS. A generator is given from outside.
"""
