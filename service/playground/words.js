// What the page says, in English and Chinese.

const WORDS = {
  en: {
    switch: "中文", key: "API key (kept in memory only)", text: "Text", hint: "Paste, or drop a text file.",
    model: "Adapter", other: "Compare with", none: "nothing", labels: "Labels, separated by commas (empty: all)",
    go: "Extract", link: "Copy link", found: "Entities", score: "Least score", noScores: "This adapter gives no scores.",
    request: "The request", copy: "Copy", copied: "Copied.", working: "Extracting…", dropped: "Dropped",
    json: "JSON", count: "entities", tokens: "tokens", partial: "Parts of the text failed", truncated: "The answer was cut off",
    only: "only here", away: "The gateway cannot be reached.", differs: "only in this answer (dashed)",
  },
  zh: {
    switch: "English", key: "API 密钥（只留在内存里）", text: "文本", hint: "粘贴文本，或拖入文本文件。",
    model: "适配器", other: "对比", none: "无", labels: "标签，用逗号分隔（留空为全部）",
    go: "抽取", link: "复制链接", found: "实体", score: "最低分数", noScores: "这个适配器不给分数。",
    request: "请求", copy: "复制", copied: "已复制。", working: "正在抽取……", dropped: "丢弃",
    json: "JSON", count: "个实体", tokens: "个词元", partial: "部分文本失败", truncated: "回答被截断",
    only: "仅此有", away: "无法连接网关。", differs: "仅此回答有（虚线）",
  },
};

let language = navigator.language.startsWith("zh") ? "zh" : "en";

/** The phrase called `name`. */
export const say = (name) => WORDS[language][name];

/** Say everything in the language, or in the other one. */
export function translate(change) {
  if (change) language = language === "zh" ? "en" : "zh";
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const one of document.querySelectorAll("[data-say]")) one.textContent = say(one.dataset.say);
  for (const one of document.querySelectorAll("[data-name]")) one.ariaLabel = say(one.dataset.name);
}
