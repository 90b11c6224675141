// Everything the page says, in English and Chinese. The server decides the language: ?lang=, else Accept-Language.
const WORDS = {
  en: {
    skip: "To the rows", source: "Stage or file", rows: "Rows", compare: "Compare", keys: "Keys", other_language: "中文",
    other_language_name: "用中文显示", search: "Search the text, or an id", where: "Where to search", any: "anywhere",
    in_prompt: "in prompts", in_answer: "in answers", regex: "regular expression", sort: "Order", order: "as in the file",
    longest: "longest prompt first", shortest: "shortest prompt first", longest_answer: "longest answer first",
    score_up: "lowest score first", score_down: "highest score first", filters: "Filters", filters_chosen: "Chosen filters",
    previous: "Previous", next: "Next", detail: "The row", close: "Close", total: "{n} rows", total_one: "1 row", of: "{from}–{to} of {n}",
    none: "none", more: "and {n} more values", more_one: "and 1 more value", clear: "Clear all", nothing: "No row is like that.",
    edited: "Edited by hand", edited_n: "{n} edits, kept in {file}", edited_n_one: "1 edit, kept in {file}",
    state: "Kept or dropped", kept: "kept", dropped: "dropped", language: "Language", type: "Type", step: "Dropped by step",
    reason: "Reason", kind: "Kind of source", model: "Model", risk: "Risk", flags: "Flags", length: "Prompt length (characters)",
    answer_length: "Answer length (characters)", turns: "Turns", score: "Score {name}", source_facet: "Source",
    reading: "Reading: {n} rows so far{of}. What is here can be searched.", reading_one: "Reading: 1 row so far{of}. What is here can be searched.", reading_of: " of {n}",
    problem: "The rest could not be read: {why}", gate: "The gate of this stage failed: nothing should be built on it.",
    user: "User", assistant: "Assistant", system: "System", tool: "Tool", thoughts: "Thoughts", calls: "Tool calls",
    candidate: "Candidate {n}", chosen: "Chosen", rejected: "Rejected", rank: "rank {n}", annotators: "Rankings",
    raw: "The row as it came", why_left: "Why it was dropped", evidence: "Evidence", origin: "Where it came from", made_by: "Made by",
    parents: "Made from", labels: "Labels", scores: "Scores", extra: "Further columns", tools: "Tools",
    twins: "Near twins", no_twins: "No row is much like this one.", looking: "Looking…", recorded: "recorded as its duplicate",
    this_row: "This row", that_row: "The twin", resemblance: "F {f}", open: "Open",
    history: "In other stages", no_history: "No stage under {root} knows this row. Another folder: --root.", was_kept: "kept in",
    was_dropped: "dropped in", became: "What was made from it", made_from: "What it was made from", used_by: "Stages and models that used it",
    n_rows: "{n} rows", n_rows_one: "1 row", and_more: "and {n} more",
    drop: "Drop", restore: "Restore", mend: "Mend text", label: "Label", undo: "Undo", save: "Save", cancel: "Cancel",
    note: "Why (optional)", to_drop: "to be dropped", to_restore: "to be restored", mended: "text mended", labelled: "labels set",
    flags_hint: "flags, comma-separated", risk_hint: "risk tags, comma-separated", type_hint: "instruction type", language_hint: "language, such as en or zh-Hans",
    saved: "Kept. `clean --edits` applies it.", undone: "Taken back.", not_editable: "Only instruction rows with an id can be edited.",
    before: "before", after: "after", first: "First", second: "Second", comparing: "Comparing…",
    added: "added", rewritten: "rewritten", same: "the same", relabelled: "relabelled", everything: "all changes",
    why: "Reason", all_reasons: "all reasons", prompt: "prompt", answer: "answer", ranking: "ranking", pair: "pair", "not told": "not told",
    "up to 20": "up to 20", "21 to 100": "21 to 100", "101 to 500": "101 to 500", "over 500": "over 500",
    by: "{name}: before and after", change: "change", columns: "Columns lost or gained",
    error_session: "Open the link that the terminal printed: this browser has no key to this page.",
    error_gone: "The page cannot be reached. Is `instructwild view` still running?", error_regex: "That is no regular expression.",
    error_missing: "There is no such row.", error_changed: "The files changed while they were read. Try again.",
    error_unwritten: "The edit was not kept: {why}", error_other: "That did not work: {why}",
    key_move: "next, previous row", key_open: "open the row", key_close: "close", key_search: "search", key_filters: "filters",
    key_pages: "next, previous page", key_drop: "drop or restore", key_mend: "mend the text", key_label: "label", key_undo: "undo",
    key_compare: "compare", key_help: "these keys",
  },
  zh: {
    skip: "跳到数据行", source: "阶段或文件", rows: "数据行", compare: "对比", keys: "快捷键", other_language: "EN",
    other_language_name: "Show in English", search: "搜索文本或 id", where: "搜索范围", any: "全部",
    in_prompt: "提示中", in_answer: "回答中", regex: "正则表达式", sort: "排序", order: "按文件顺序",
    longest: "提示由长到短", shortest: "提示由短到长", longest_answer: "回答由长到短",
    score_up: "分数由低到高", score_down: "分数由高到低", filters: "筛选", filters_chosen: "已选筛选条件",
    previous: "上一页", next: "下一页", detail: "数据行详情", close: "关闭", total: "共 {n} 行", total_one: "共 1 行", of: "第 {from}–{to} 行，共 {n} 行",
    none: "无", more: "另有 {n} 个值", more_one: "另有 1 个值", clear: "全部清除", nothing: "没有符合条件的行。",
    edited: "手工编辑过", edited_n: "{n} 处编辑，保存在 {file}", edited_n_one: "1 处编辑，保存在 {file}",
    state: "保留或丢弃", kept: "保留", dropped: "丢弃", language: "语言", type: "类型", step: "丢弃它的步骤",
    reason: "原因", kind: "来源类别", model: "模型", risk: "风险", flags: "标记", length: "提示长度（字符）",
    answer_length: "回答长度（字符）", turns: "轮数", score: "分数 {name}", source_facet: "来源",
    reading: "正在读取：已有 {n} 行{of}。已读部分可以搜索。", reading_one: "正在读取：已有 1 行{of}。已读部分可以搜索。", reading_of: "（共 {n} 行）",
    problem: "其余部分无法读取：{why}", gate: "这个阶段没有通过检查：后续工作不应以它为基础。",
    user: "用户", assistant: "助手", system: "系统", tool: "工具", thoughts: "思考过程", calls: "工具调用",
    candidate: "候选 {n}", chosen: "选中", rejected: "落选", rank: "第 {n} 名", annotators: "排序",
    raw: "原始数据", why_left: "为什么被丢弃", evidence: "依据", origin: "来源", made_by: "生成者",
    parents: "由这些行生成", labels: "标签", scores: "分数", extra: "其他列", tools: "工具",
    twins: "近似行", no_twins: "没有与它相近的行。", looking: "正在查找……", recorded: "已记录为重复",
    this_row: "本行", that_row: "近似行", resemblance: "F {f}", open: "打开",
    history: "在其他阶段", no_history: "{root} 下没有阶段含有这一行。换一个文件夹请用 --root。", was_kept: "保留于",
    was_dropped: "丢弃于", became: "由它生成的行", made_from: "它由这些行生成", used_by: "用到它的阶段和模型",
    n_rows: "{n} 行", n_rows_one: "1 行", and_more: "另有 {n} 个",
    drop: "丢弃", restore: "恢复", mend: "修改文本", label: "打标签", undo: "撤销", save: "保存", cancel: "取消",
    note: "理由（可不填）", to_drop: "将被丢弃", to_restore: "将被恢复", mended: "文本已修改", labelled: "标签已设",
    flags_hint: "标记，用逗号分隔", risk_hint: "风险标签，用逗号分隔", type_hint: "指令类型", language_hint: "语言，如 en 或 zh-Hans",
    saved: "已保存。用 `clean --edits` 使其生效。", undone: "已撤销。", not_editable: "只有带 id 的指令行可以编辑。",
    before: "之前", after: "之后", first: "第一个", second: "第二个", comparing: "正在对比……",
    added: "新增", rewritten: "改写", same: "相同", relabelled: "标签有变", everything: "所有变化",
    why: "原因", all_reasons: "所有原因", prompt: "提示", answer: "回答", ranking: "排序", pair: "偏好对", "not told": "未说明",
    "up to 20": "20 以内", "21 to 100": "21 到 100", "101 to 500": "101 到 500", "over 500": "超过 500",
    by: "{name}：前后对比", change: "变化", columns: "减少或增加的列",
    error_session: "请打开终端里打印的链接：这个浏览器没有本页的密钥。",
    error_gone: "连不上页面。`instructwild view` 还在运行吗？", error_regex: "这不是有效的正则表达式。",
    error_missing: "没有这一行。", error_changed: "读取时文件发生了变化，请重试。",
    error_unwritten: "编辑没有保存：{why}", error_other: "没有成功：{why}",
    key_move: "下一行、上一行", key_open: "打开该行", key_close: "关闭", key_search: "搜索", key_filters: "筛选",
    key_pages: "下一页、上一页", key_drop: "丢弃或恢复", key_mend: "修改文本", key_label: "打标签", key_undo: "撤销",
    key_compare: "对比", key_help: "显示快捷键",
  },
};

export const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";

/** A phrase with its {names} filled in; a name that is no phrase stands for itself. */
export const say = (name, values = {}) => (WORDS[language][values.n === "1" ? `${name}_one` : name] ?? WORDS[language][name] ?? String(name)).replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");

/** A number as a reader likes it. */
export const count = (n) => new Intl.NumberFormat(language === "zh" ? "zh-CN" : "en").format(n);

/** Fill in every element that names its phrase. */
export function speak(root = document) {
  for (const node of root.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
  for (const node of root.querySelectorAll("[data-name]")) {
    node.setAttribute("aria-label", say(node.dataset.name));
    if (node.tagName === "BUTTON") node.title = say(node.dataset.name);
  }
  for (const node of root.querySelectorAll("[data-hint]")) node.placeholder = say(node.dataset.hint);
}
