from tastemaker.ids import Ids
from tastemaker.serving.text_search import matching_rows


def test_ids_match_by_a_part_in_any_case():
    ids = Ids.build(["Äpfel", "apple pie", "Grape", "tea"])
    names = ids.tolist()
    assert [names[row] for row in matching_rows(ids, "AP")] == ["Grape", "apple pie"]
    assert [names[row] for row in matching_rows(ids, "äp")] == ["Äpfel"]


def test_text_matches_neither_across_ids_nor_as_a_pattern():
    ids = Ids.build(["ab", "cd", "line\nend"])
    assert matching_rows(ids, "b\nc").tolist() == matching_rows(ids, "b c").tolist() == []
    assert matching_rows(ids, ".").tolist() == []
    assert matching_rows(ids, "line\nEND").tolist() == [2]


def test_id_that_has_the_text_twice_matches_once():
    assert matching_rows(Ids.build(["banana"]), "an").tolist() == [0]
    assert matching_rows(Ids.build([]), "an").tolist() == []
