"""Lists that a model numbers in Chinese digits."""

from instructwild.expand.parse import _items


def test_chinese_numbers_begin_items_and_lists_of_other_digits_stay_within():
    text = ("好的：\n\n一、安排三天的行程：\n1. 第一天\n2. 第二天\n"
            "二、解释面团为什么会发\n（一）温度\n（二）时间\n\n三、写一封请柬")
    assert list(_items(text, 1)) == [
        "安排三天的行程：\n1. 第一天\n2. 第二天",
        "解释面团为什么会发\n（一）温度\n（二）时间",
        "写一封请柬"]
    assert list(_items("十、写诗\n十一、作画\n二十、停笔", 10)) == ["写诗", "作画\n二十、停笔"]
    assert list(_items("1. 安排行程：\n一、早上\n二、下午\n2. 写请柬", 1)) == ["安排行程：\n一、早上\n二、下午", "写请柬"]
