"""What cannot be exported, and rows that cannot be calibrated with: one message each."""

import json
import os

import pytest
from answered import ROWS
from export_plan import plan_of, write_adapter

from instructwild.errors import ConfigError, InputError, InstructwildError, ModelError
from instructwild_trainer.export.stage import export

pytestmark = pytest.mark.filterwarnings("ignore")   # gptqmodel and its many parts warn as they please


def test_gptq_without_rows_is_one_message(taught, tmp_path):
    with pytest.raises(InputError, match="needs rows to calibrate"):
        export(str(taught), tmp_path / "out", format="gptq")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_model_is_one_message(tmp_path, rows):
    with pytest.raises(ModelError, match="no model"):
        plan_of(tmp_path, rows, "merged")


@pytest.mark.parametrize("format", ["gptq", "merged"])
def test_what_is_quantized_already_is_refused(quantized, rows, format):
    with pytest.raises(ModelError, match=r"quantized already \(gptq, 4 bits\)"):
        plan_of(quantized.path, rows, format)


def test_an_adapter_on_a_quantized_base_is_refused(taught, quantized, tmp_path, rows):
    write_adapter(taught, tmp_path / "adapter")
    (tmp_path / "adapter" / "base.json").write_text(json.dumps({"name": "4 bit", "path": os.path.relpath(
        quantized.model, tmp_path / "adapter")}))
    with pytest.raises(ModelError, match="adapter on a quantized base"):
        plan_of(tmp_path / "adapter", rows)


def written(tmp_path, rows):
    path = tmp_path / "some.json"
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return path


def test_too_few_rows_are_refused(taught, tmp_path):
    with pytest.raises(InputError, match="too few to calibrate"):
        plan_of(taught, written(tmp_path, ROWS[:8]))


def test_rows_without_answers_are_refused(taught, tmp_path):
    with pytest.raises(InputError, match="none of 3 rows has an answer"):
        plan_of(taught, written(tmp_path, [{"instruction": f"Why {n}?"} for n in range(3)]))


def test_an_empty_file_is_refused(taught, tmp_path):
    with pytest.raises(InstructwildError, match="rows"):
        plan_of(taught, written(tmp_path, []))


def test_rows_in_the_wrong_language_alone_are_refused(taught, tmp_path):
    chinese = written(tmp_path, ROWS[1::2])
    with pytest.raises(InputError, match="no row is in en, a language that the model was trained on; the rows are in zh"):
        plan_of(taught, chinese, languages=("en", "zh"))
    assert set(plan_of(taught, chinese).calibration.rows) == {"zh"}


@pytest.mark.parametrize("size", [0, 100, 7, -1, 256])
def test_a_group_that_no_kernel_knows_is_refused(taught, rows, size):
    with pytest.raises(ConfigError, match="is no group size"):
        plan_of(taught, rows, group_size=size)
