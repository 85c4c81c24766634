"""The composition of steps, as a flag says it."""
import pytest

from bert_nq.base.errors import UserError
from bert_nq.features import candidate_rows, composition, joint_windows
from bert_nq.features.composition import Composition


def test_a_composition_has_a_number_for_each_kind():
    featurizer = candidate_rows.FEATURIZER
    assert composition.kinds_of(featurizer) == ("GOLD", "OTHER", "WITHOUT_ANSWER")
    assert composition.kinds_of(joint_windows.FEATURIZER) == ()
    found = composition.parse(["3", "3", "2"], featurizer)
    assert found == Composition("row_kinds", (3, 3, 2)) and str(found) == "3,3,2"


@pytest.mark.parametrize("values", [["3", "3"], ["3", "3", "2", "1"], ["3", "-1", "2"], ["a"] * 3,
                                    ["0", "0", "0"], []])
def test_what_is_none(values):
    with pytest.raises(UserError) as error:
        composition.parse(values, candidate_rows.FEATURIZER)
    assert str(error.value) == (
        "--step_composition=%s: 3 numbers are wanted, how many rows there are of gold, other, "
        "without_answer" % ",".join(values))
