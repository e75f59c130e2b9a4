"""A few items of a shop, for tests of texts about items."""

from tastemaker.generation.item_facts import ItemFacts

BACKPACK = ItemFacts(
    "b1",
    "Mauve Leather Daypack",
    "This stylish daypack has a soft leather exterior and two pockets. Made for everyday use.",
    149.99,
    {"CATEGORY": "backpack", "AISLE": "accessories"},
    "PRODUCT_NAME",
    "PRODUCT_DESCRIPTION",
)
RUCKSACK = ItemFacts(
    "b2",
    "Rugged Expedition Backpack",
    "A durable backpack with 4 compartments, waterproof and light.",
    89.0,
    {"CATEGORY": "backpack", "AISLE": "accessories"},
    "PRODUCT_NAME",
    "PRODUCT_DESCRIPTION",
)
SATCHEL = ItemFacts(
    "b3",
    "Canvas Leather Satchel",
    "A leather satchel for the office.",
    120.0,
    {"CATEGORY": "bag", "AISLE": "accessories"},
    "PRODUCT_NAME",
    "PRODUCT_DESCRIPTION",
)
LAMP = ItemFacts(
    "l1",
    "Brass Table Lamp",
    "A lamp for late hours.",
    40.0,
    {"CATEGORY": "lamp", "AISLE": "home"},
    "PRODUCT_NAME",
    "PRODUCT_DESCRIPTION",
)
BAGS = [BACKPACK, RUCKSACK, SATCHEL]
SHOP = [*BAGS, LAMP]
