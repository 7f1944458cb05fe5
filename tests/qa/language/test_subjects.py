"""What articles are about in general, in each language."""

import subprocess
import sys

import pytest

from qa.language import codes, load
from qa.topics.subjects import subjects_named


@pytest.mark.parametrize("code", codes())
def test_names_stand_for_one_of_24_subjects(code):
    language = load(code)
    parts = [subject.split(": ") for subject in language.subjects]
    assert [len(each) for each in parts] == [2] * 24
    names = [
        (name, row)
        for row, (some, _) in enumerate(parts)
        for name in language.subject_separator.split(some)
    ]
    assert all(language.content_stems(name) for name, _ in names)
    assert [(name, subjects_named(name)) for name, _ in names] == [
        (name, (row,)) for name, row in names
    ]
    for short, full in language.short_subjects.items():
        assert len(subjects_named(short)) == 1
        assert subjects_named(short) == subjects_named(full)


def test_no_dictionary_is_read_for_a_topic_in_another_script():
    code = (
        "import sys; from qa.topics.subjects import subjects_named as named; "
        "print(named('old bridge'), named('Sport'), {'py3langid', 'simplemma'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "() (8,) set()\n"
