// Everything the page says, in English and Chinese.
import { store } from "/store.js";

const WORDS = {
  en: {
    skip: "To the question", conversations: "Conversations", close: "Close", fresh: "New conversation",
    kept: "Conversations are kept in this browser only.", who: "Who answers", both: "{a} and {b}, side by side",
    settings: "Settings", theme: "Colours: as the device, light, dark", language: "中文", language_name: "用中文",
    temperature: "Temperature (0: the likeliest words)", longest: "Longest answer, in tokens", system: "System message",
    talk: "The conversation", question: "Your question", hint: "Ask something…", send: "Send", stop: "Stop",
    hello: "Ask something", hello_one: "{model} answers here. Enter sends, Shift+Enter begins a new line, Esc stops.",
    hello_two: "Two models answer side by side. Say which answer is better: who said it is told after your vote.",
    you: "You", answer_a: "Answer A", answer_b: "Answer B", thinking: "is thinking",
    vote: "Which answer is better?", left: "A is better", right: "B is better", tie: "As good", both_bad: "Both are bad",
    left_key: "1", right_key: "2", tie_key: "3", both_bad_key: "4",
    voted: "Kept: {what}. Thank you.", not_kept: "This server keeps no votes (start it with --votes DIR).",
    goes_on: "the conversation goes on from here", stopped: "stopped", cut: "cut off at the longest answer",
    copy: "Copy", copied: "Copied", again: "Try again", remove: "Delete “{title}”", sure: "Delete this conversation?",
    untitled: "New conversation", empty: "(nothing)",
    busy: "The server is busy. Try again in {n} s.", gone: "The server cannot be reached. Is it still running?",
    failed: "That did not work: {why}", too_long: "The conversation is longer than the model can read: begin a new one.", key: "API key", key_why: "This server asks for a key. It is kept until you close this tab.",
    enter: "Use it", code: "Code", full: "The browser's store is full: delete older conversations.",
  },
  zh: {
    skip: "跳到提问框", conversations: "对话", close: "关闭", fresh: "新对话",
    kept: "对话只保存在这个浏览器里。", who: "由谁回答", both: "{a} 与 {b} 并排",
    settings: "设置", theme: "配色：跟随设备、浅色、深色", language: "EN", language_name: "In English",
    temperature: "温度（0：最可能的词）", longest: "回答最长多少 token", system: "系统消息",
    talk: "对话内容", question: "你的问题", hint: "问点什么……", send: "发送", stop: "停止",
    hello: "问点什么吧", hello_one: "由 {model} 回答。回车发送，Shift+回车换行，Esc 停止。",
    hello_two: "两个模型并排回答。请选出更好的回答；投票之后才会显示是谁说的。",
    you: "你", answer_a: "回答 A", answer_b: "回答 B", thinking: "正在思考",
    vote: "哪个回答更好？", left: "A 更好", right: "B 更好", tie: "一样好", both_bad: "都不好",
    left_key: "1", right_key: "2", tie_key: "3", both_bad_key: "4",
    voted: "已记下：{what}。谢谢！", not_kept: "服务器没有保存投票（启动时加 --votes DIR）。",
    goes_on: "对话从这里继续", stopped: "已停止", cut: "已达到最长回答",
    copy: "复制", copied: "已复制", again: "重试", remove: "删除“{title}”", sure: "删除这个对话？",
    untitled: "新对话", empty: "（空）",
    busy: "服务器正忙，请 {n} 秒后再试。", gone: "连不上服务器，它还在运行吗？",
    failed: "没有成功：{why}", too_long: "对话超出了模型能读的长度：请开始新对话。", key: "API 密钥", key_why: "这台服务器需要密钥，关闭标签页前一直有效。",
    enter: "使用", code: "代码", full: "浏览器的存储已满：请删除较早的对话。",
  },
};

export let language = store.read("language", navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");

export function otherLanguage() {
  language = language === "en" ? "zh" : "en";
  store.write("language", language);
}

/** A phrase with its {places} filled in. */
export const say = (name, values = {}) => (WORDS[language][name] ?? name).replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
