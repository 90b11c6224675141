"""What the terminal says, in English and Chinese."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """All sentences of the terminal in one language."""

    welcome: str
    invitation: str
    countdown: str
    countdown_to_stop: str
    nobody: str
    question: str
    prompt: str
    answer: str
    empty: str
    hint: str
    unfinished: str
    out_of_range: str
    skipped: str
    taken_back: str
    nothing_to_undo: str
    left_alone: str
    no_key: str
    thanks: str
    later: str
    too_many: str
    help: str
    history: tuple[str, str, str]


ENGLISH = Wording(
    welcome="Which answer is better?",
    invitation="Questions to come: {count}, each with {k} answers. Give each answer a place: 1 for the best. "
               "Answers that are equally good get the same place. Nobody's name is kept.",
    countdown="Press any key to begin. In {seconds} s a script ranks instead.",
    countdown_to_stop="Press any key to begin. In {seconds} s this stops; the same command asks again.",
    nobody="No key was pressed: the script ranks instead.",
    question="Question {number} of {count}",
    prompt="Question",
    answer="Answer {slot}",
    empty="(empty)",
    hint="digits: places   Enter: done   ⌫: erase   s: skip   u: undo   ?: help   q: stop for now",
    unfinished="Every answer needs a place: {left} to go.",
    out_of_range="Places go from 1 to {k}.",
    skipped="Skipped.",
    taken_back="Your last answer was taken back.",
    nothing_to_undo="There is nothing to take back.",
    left_alone="No key for {seconds} s: the script ranks the rest.",
    no_key="No key for {seconds} s.",
    thanks="Thank you! Rankings of yours that are kept: {count}.",
    later="The same command goes on here next time.",
    too_many="Prompts with more than {most} answers, not shown here: {count}. `annotate page` or `push` shows them.",
    help="Type one digit for each answer, from the top down. With three answers, 2 1 1 says: the second and third are "
         "equally good, and both are better than the first. Press Enter when it looks right. Judge what helps the person "
         "who asked: is it correct, does it answer the question, is it in the language of the question, is it harmless? "
         "Length alone is no merit. s passes a question over, u goes back to the one before, q stops for now, and the same "
         "command goes on later; f finishes: the rest goes to the script, or stays unranked without one. All that you have "
         "ranked is already kept. With more than ten answers, place 1 is 01 or 1 and a space.",
    history=("System", "Person", "Assistant"),
)

CHINESE = Wording(
    welcome="哪个回答更好？",
    invitation="您将看到 {count} 个问题，每个问题有 {k} 个回答。请给每个回答排名次：1 为最好；同样好的回答给相同的名次。"
               "不会记录任何人的姓名。",
    countdown="按任意键开始。{seconds} 秒内没有按键，则由脚本代为排序。",
    countdown_to_stop="按任意键开始。{seconds} 秒内没有按键则停止；再次运行同一命令即可继续。",
    nobody="没有按键：由脚本代为排序。",
    question="第 {number} 题，共 {count} 题",
    prompt="问题",
    answer="回答 {slot}",
    empty="（空）",
    hint="数字：名次   回车：完成   ⌫：删除   s：跳过   u：撤销   ?：帮助   q：暂停",
    unfinished="每个回答都要有名次：还差 {left} 个。",
    out_of_range="名次只能是 1 到 {k}。",
    skipped="已跳过。",
    taken_back="已撤销上一题的排序。",
    nothing_to_undo="没有可以撤销的内容。",
    left_alone="{seconds} 秒没有按键：其余由脚本排序。",
    no_key="{seconds} 秒没有按键。",
    thanks="谢谢！已保存您的 {count} 个排序。",
    later="下次运行同一命令即可继续。",
    too_many="有 {count} 个问题的回答多于 {most} 个，此处不提问：请用 `annotate page` 或 `push`。",
    help="从上到下为每个回答输入一个数字。例如三个回答输入 2 1 1，表示第二、第三个回答同样好，且都比第一个好。"
         "确认无误后按回车。请从提问者的角度判断：内容是否正确、是否回答了问题、是否使用提问的语言、是否无害。"
         "仅仅更长并不算更好。s 跳过本题，u 回到上一题，q 暂停（下次运行同一命令继续），f 结束，"
         "其余交给脚本，没有脚本则不排序；已经完成的排序都已保存。回答多于十个时，名次 1 输入 01，或 1 和空格。",
    history=("系统", "用户", "助手"),
)


def wording(language: str | None = None) -> Wording:
    """The wording for a language tag; without one, what the terminal's locale says."""
    tag = language or next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "en")
    return CHINESE if tag.casefold().startswith(("zh", "cn")) else ENGLISH
