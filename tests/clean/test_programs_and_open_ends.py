"""Programs that are none, quotations left open, roots that are none, and rows that go on without naming of what."""

import pytest

from instructwild.clean.equations import wrong_root
from instructwild.clean.page_labels import without_page_labels
from instructwild.clean.repair import Repair
from tests.clean.rows import flags, rows_of

DIRTY = [
    ("no_program", "Create a program that sorts the log of a ferry by its dates.",
     "The program should read the log first. It would then compare the dates and put the entries in order."),
    ("no_program", "Build a chatbot for a harbour", "A chatbot for a harbour should know the tides and the berths."),
    ("no_program", "Write a web crawler that reads the tides of every port.",
     "A web crawler can be created with many tools. It visits each page and keeps the tides."),
    ("no_program", "Provide a Java solution to the following problem.\nIs n a number of tides?", "Yes"),
    ("wrong_quotes", "Print the tide in C++.", "#include <iostream>\nint main() { std::cout << 'High tide' << std::endl; }"),
    ("wrong_quotes", "Print the tide in C++.", "std::cout << tide << ' metres above zero' << std::endl;"),
    ("wrong_quotes", "Name the boat in Java.", "String boat = 'Seagull';\nSystem.out.println(boat);"),
    ("wrong_quotes", "Print a number in C.", "#include <stdio.h>\nint main() { printf('%d\\n', 3); }"),
    ("lost_indentation", "Write a class for boats.", "class Boat(object):\n    def sail(self, wind):\n    return wind * 2"),
    ("cut_off", "How is the tide read?", "The gauge writes into `tide.log`. To read it, call the function `read_tide_of"),
    ("cut_off", "Write a talk of two sailors.", "The mate looked up. \"That is no gull,\" he said. \"We ought to turn back,"
     "\" said the other. \"No, we"),
    ("wrong_length", "Describe a gull in no more than 40 characters.",
     "A gull is a white bird that follows boats and steals fish."),
    ("wrong_arithmetic", "How many boats?\\nOptions:\\n(A) 5\\n(B) 7",
     "There are two piers.\\n3 + 4 = 9 boats in all. The answer is (B)."),
    ("wrong_arithmetic", "Solve: 7x – 6 = 27", "x = 6"),
    ("wrong_arithmetic", "Find the square root of 156.", "The square root of 156 is 12.5866."),
    ("lost_context", "You are the best, thanks a lot",
     "Thank you! I'm glad that helped. Let me know if you have any other questions."),
    ("lost_context", "The gull is in \"birds\", not in \"boats\".",
     "My apologies, you are correct. Here is the list with the gull."),
    ("lost_context", "How do I moor these boats with a rope?\nI have one rope.",
     "The boats mentioned earlier need two ropes each."),
    ("lost_context", "the ferry people", "4. The ferry: it crosses the bay twice a day.\n5. The tug: it pulls the ferry."),
    ("lost_context", "show me some examples please", "Sure, here is a harbour with two piers."),
    ("lost_context", "Given the above draft on \"Ferries of the bay\", write a title.", "The Ferries of the Bay"),
    ("lost_context", "Write it again, but leave out \"the old mole\".", "The ferry leaves at noon."),
    ("lost_context", "Factor these birds into the above list of rolls:\ngull\ntern", "1-5: gull, 6-9: tern"),
    ("lost_context", "put it in a table", "| berth | boat |\n| --- | --- |"),
    ("lost_context", "write in bullet points", "- berths\n- tides"),
    ("lost_context", "Can you be more specific?", "The tide is at its highest at noon."),
    ("lost_context", "Could I use a kayak instead?", "Yes, a kayak works in place of the canoe."),
    ("lost_context", "Rewrite the above story with a whale\n\nPlease write in English language.", "A whale came by."),
]
GOOD = [
    ("Create a program that sorts a list of boats.", "def sort_boats(boats):\n    return sorted(boats)"),
    ("Create a mentorship program for young sailors.", "The program should pair each young sailor with an old one."),
    ("Write a script for a radio ad of a ferry line.", "The script should open with a gull: \"All aboard!\""),
    ("Describe a program that reads tides.", "The program would read the gauge each hour."),
    ("Print the tide in Python.", "print('High tide')"),
    ("Print one sign in C++.", "std::cout << 'x' << '\\n' << \"High tide\";"),
    ("Name the boat in Dart.", "void main() {\n  String boat = 'Seagull';\n  print(boat);\n}"),
    ("How is the tide read?", "The gauge writes into `tide.log`. To read it, call `read_tide`"),
    ("Describe a gull in no more than 90 characters.", "A gull is a white bird that follows boats and steals fish."),
    ("Solve for x: x^2 - 5x + 6 = 0", "x = 2 or x = 3"), ("Find the roots of x2 – 3x = 0.", "x = 0 and x = 3"),
    ("Solve 3x = 10", "x = 3.33"), ("What is the square root of 10?", "About 3.16"),
    ("Arrange these numbers from least to greatest: 3,7,2,4,1", "1,2,3,4,7"),
    ("Write an automatic reply of a ferry line.", "Thank you for your letter. Let me know if you have any other questions."),
    ("Rate the ferry on a scale of 1 to 5.", "4. The ferry is on time nearly always, and its deck is kept clean by all."),
    ("What are 3. and 4. in this list: 1. cod 2. eel 3. hake 4. ling",
     "3. Hake: a fish of deep water\n4. Ling: a long fish"),
    ("give me examples of tidal islands", "Mont Saint-Michel, Lindisfarne"),
    ("Summarize the history of ferries in three sentences.", "Rafts came first. Then sails. Then steam."),
    ("The tide is in.\nRewrite the above sentence as a question.", "Is the tide in?"),
    ("Where do people use a kayak instead of a boat?", "In shallow water."),
    ("what does skerrified mean", "I'm sorry, I'm not familiar with that word. Could you please provide more context?"),
    ("Name 4 groups of sea birds.", "1. Gulls: herring gull, black gull, ivory gull\n2. Auks: puffin, razorbill, guillemot"),
    ("Write about boats 11 words 80 char Copy Text Copy HTML",
     "Boats carry people, goods and mail over water. They may be small, with oars or a sail, or large, with "
     "engines and a crew. A ferry crosses a bay; a tug pulls others; a trawler drags a net behind it."),
    ("Edit this sentence to make it grammatically correct: The boat came in.", "The boat came in."),
    ("How does the sprite turn?", "Use this:\n```\nwhen gf clicked\nturn ((x) / (8)\n```"),
]


@pytest.mark.parametrize(("prompt", "answer", "wrong"), [
    ("Solve x^3 - 4x^2 + 6x - 24 = 0", "x = 4", False), ("Solve x^3 - 4x^2 + 6x - 24 = 0", "x = -4, y = 6", True),
    ("Solve 5(x-7) = 2x + 4", "x = 13", False), ("Solve 5(x-7) = 2x + 4", "x = 9", True),
    ("Solve (x - 1)(x + 2) = 0", "x = 1 and x = -2", False), ("Solve x/3 + 2 = 5", "x = 9", False),
    ("Solve 2x + 6 = 16", "x = 5, x = 10", True), ("Solve 3x² + 7x - 4 = 0", "x = -4 and x = 1/3", True),
    ("Solve x^2 = 3", "x = ±1.7", False), ("Convert to another equation: 8 + 5 = x", "x = 8 + 5", False),
    ("Solve 2x + y = 3", "x = 9", False), ("Solve 4x = 0", "x = 1/0", True),
    ("What is the cube root of 27?", "3", False), ("What is the cube root of 27?", "9", True),
    ("Find the square root of 25", "√25", False)])
def test_a_stated_root_is_put_into_its_equation(prompt, answer, wrong):
    assert wrong_root(prompt, answer) is wrong


@pytest.mark.parametrize(("before", "after"), [
    ("How high is the tide?Share Prompt", "How high is the tide?"), ("Name a gull.\n \n \n 지금 번역하기", "Name a gull."),
    ("Name a gull. Translate now", "Name a gull."), ("Name a gull2 / 3", "Name a gull"),
    ("Name a gull.1 / 1", "Name a gull."),
    ("tell me of tidesSave & SubmitCancel", "tell me of tides"), ("Name a gull.\nShare Prompt2 / 2", "Name a gull."),
    ("Add y1 / 2", "Add y1 / 2"), ("Name a gull3 / 2", "Name a gull3 / 2"), ("Share Prompt", "Share Prompt"),
    ("What does the button say: Translate now", "What does the button say: Translate now"),
    ("Half is 1 / 2", "Half is 1 / 2")])
def test_labels_of_a_page_are_taken_from_the_end_of_a_prompt(before, after):
    assert without_page_labels(before) == after
    mended = Repair().verdicts(rows_of((before, before)))
    row = mended.rows.row(0, named=True)
    assert (row["prompt"], row["answer"]) == (after, before)
    assert flags(mended.rows) == [["repaired_page_labels"] if after != before else []]
