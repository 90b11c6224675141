// All words of the interface, in English and Chinese. `{n}` is filled in by say().
export const WORDS = {
  en: {
    title: "Which answer is better?", guidelines: "Guidelines", guidelinesTitle: "Which answer helps most?", understood: "Understood",
    history: "My answers", lead: "Overview", other: "中文", before: "The conversation before", question: "Question", answer: "Answer {n}",
    more: "More about these answers (optional)", rating: "How good is the best answer?", safety: "Are the answers safe?",
    safe: "safe", unsafe: "unsafe", unsure: "not sure", correction: "A better answer, if you can write one", send: "Send (Enter)",
    undo: "Undo (U)", skip: "Skip (S)", thanks: "Thank you!", nothing: "Nothing waits for you now. All your answers are kept.",
    done: "{n} done", waiting: "{n} waiting", raw: "plain text", rendered: "formatted", thoughts: "Thoughts before the answer",
    empty: "(empty)", place: "Place {n}", unplaced: "Every answer needs a place: {n} to go.", cancel: "Cancel", close: "Close", confirm: "OK",
    skipTitle: "Why is this question skipped?", skipped: "skipped", ranked: "ranked", noHistory: "Nothing yet.",
    language: "I do not read this language", unclear: "The question is unclear", expert: "It needs knowledge I do not have",
    harmful: "I do not want to read this", others: "Another reason:", offline: "Not sent: no connection. Your places are still here; try again.",
    full: "Not kept: the server cannot write. Your places are still here; please tell the one who invited you.", gone: "This question is not there any more. Reload the page to go on.",
    tooLong: "Not sent: the text is too long.", failed: "That did not work: {n}",
    signin: "Please open your personal link again. If it does not work any more, ask the one who invited you.",
    user: "Person", assistant: "Assistant", system: "System", tool: "Tool", nothingToUndo: "There is nothing to take back.",
    people: "People", name: "Name", count: "Ranked", skips: "Skipped", seconds: "Seconds each", agreement: "Agreement", gold: "Gold",
    state: "State", active: "active", aside: "set aside", locked: "no link", revoke: "Revoke link", remove: "Remove",
    removeSure: "Remove {n} and everything they ranked? This cannot be undone.", revokeSure: "Lock {n} out? What they ranked stays.",
    records: "prompts complete", rankings: "rankings", left: "to go", pace: "an hour", interval: "95%: {n}", alpha: "Krippendorff's alpha",
    expected: "expected width of the interval at the end", disagreements: "People disagree: settle", ask: "Ask one person more",
    settle: "Rank it myself", unanimous: "Ranked alike: can become gold", makeGold: "Make gold", byLanguage: "Agreement by language", refresh: "Refresh", set: "Set:",
    languages: "Languages", byType: "Agreement by kind of question", unlabelled: "not labelled", pairs: "{n} pairs", pairs_one: "1 pair", more_prompts: "Show more ({n})",
    curve: "Are there enough rankings?", drawCurve: "Measure", wait: "Measuring: some seconds …", prompts: "Prompts", accuracy: "Pairs put in people's order",
    curveMeans: "A small reward model is trained on a growing part of the rankings and tried on prompts it has not seen. Where the share still rises, more rankings help.",
    noCurve: "For this at least 20 prompts must be ranked.",
  },
  zh: {
    title: "哪个回答更好？", guidelines: "说明", guidelinesTitle: "哪个回答最有帮助？", understood: "明白了",
    history: "我的回答", lead: "总览", other: "English", before: "之前的对话", question: "问题", answer: "回答 {n}",
    more: "其他意见（可不填）", rating: "最好的回答有多好？", safety: "回答是否安全？",
    safe: "安全", unsafe: "不安全", unsure: "不确定", correction: "如果您能写出更好的回答", send: "提交（回车）",
    undo: "撤销（U）", skip: "跳过（S）", thanks: "谢谢！", nothing: "目前没有等待您的问题。您的回答都已保存。",
    done: "已完成 {n}", waiting: "待完成 {n}", raw: "纯文本", rendered: "排版", thoughts: "回答前的思考",
    empty: "（空）", place: "第 {n} 名", unplaced: "每个回答都要有名次：还差 {n} 个。", cancel: "取消", close: "关闭", confirm: "确定",
    skipTitle: "为什么跳过这个问题？", skipped: "已跳过", ranked: "已排序", noHistory: "还没有。",
    language: "我不懂这种语言", unclear: "问题不清楚", expert: "需要我不具备的知识",
    harmful: "我不想看这些内容", others: "其他原因：", offline: "没有提交：连接中断。名次仍保留在此，请重试。",
    full: "没有保存：服务器无法写入。名次仍保留在此，请告诉邀请您的人。", gone: "这个问题已不存在。请重新载入页面后继续。",
    tooLong: "没有提交：文字太长。", failed: "操作未成功：{n}",
    signin: "请重新打开您的个人链接。如果链接失效，请联系邀请您的人。",
    user: "用户", assistant: "助手", system: "系统", tool: "工具", nothingToUndo: "没有可以撤销的内容。",
    people: "人员", name: "姓名", count: "已排序", skips: "已跳过", seconds: "每题秒数", agreement: "一致率", gold: "标准题",
    state: "状态", active: "正常", aside: "不计入", locked: "无链接", revoke: "撤销链接", remove: "删除",
    removeSure: "删除 {n} 及其所有排序？此操作无法恢复。", revokeSure: "撤销 {n} 的链接？已有的排序会保留。",
    records: "题已完成", rankings: "个排序", left: "待完成", pace: "每小时", interval: "95%：{n}", alpha: "Krippendorff α",
    expected: "完成后区间的预计宽度", disagreements: "意见不一，待裁定", ask: "再请一人", settle: "由我排序",
    unanimous: "排序一致，可作标准题", makeGold: "设为标准题", byLanguage: "各语言的一致率", refresh: "刷新", set: "数据集：",
    languages: "语言", byType: "各类问题的一致率", unlabelled: "未标注", pairs: "{n} 对", pairs_one: "1 对", more_prompts: "显示更多（{n}）",
    curve: "排序够了吗？", drawCurve: "测量", wait: "正在测量，需要几秒……", prompts: "题数", accuracy: "与人的顺序一致的比例",
    curveMeans: "用逐渐增多的排序训练一个小型奖励模型，并在它没有见过的题目上检验。比例仍在上升时，更多的排序还有用。",
    noCurve: "至少要有 20 道题排好序才能测量。",
  },
};
let tag = localStorage.getItem("language") || (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
export const language = () => tag;
export const say = (word, n = "") => ((n === 1 && WORDS[tag][`${word}_one`]) || WORDS[tag][word]).replace("{n}", n);
export function choose(next) { tag = next; localStorage.setItem("language", next); }
export function label() {
  document.documentElement.lang = tag === "zh" ? "zh-Hans" : "en";
  document.title = say("title");
  for (const part of document.querySelectorAll("[data-word]")) part.textContent = say(part.dataset.word);
  const button = document.getElementById("language");
  button.textContent = say("other"); button.lang = tag === "zh" ? "en" : "zh-Hans";
}
