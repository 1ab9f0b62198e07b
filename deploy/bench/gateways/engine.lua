-- The scripted engine: what an extraction of the benchmark's sentence gets from vLLM, at once.
-- It reads of a request what decides the shape of the answer, and nothing else.

local JSON, EVENTS = "application/json", "text/event-stream; charset=utf-8"
local ANSWER = "公司：浙商银行企业信贷部\\n姓名：叶老桂\\n职位：博士"
-- As many pieces as the answer has tokens.
local PIECES = {
  "公司", "：", "浙", "商银行", "企业", "信贷", "部", "\\n", "姓名", "：", "叶", "老", "桂",
  "\\n", "职位", "：", "博士",
}
local HEAD = '"id":"chatcmpl-bench","created":1750000000,"model":"bench",'
local USAGE = '"usage":{"prompt_tokens":77,"completion_tokens":19,"total_tokens":96}'

local function whole(text)
  ngx.header.content_type = JSON
  local body = '{' .. HEAD .. '"object":"chat.completion","choices":[{"index":0,"message":'
    .. '{"role":"assistant","content":"' .. text .. '"},"logprobs":null,"finish_reason":"stop"}],'
    .. USAGE .. '}'
  ngx.header.content_length = #body
  ngx.print(body)
end

local function event(delta, finish_reason)
  ngx.print('data: {' .. HEAD .. '"object":"chat.completion.chunk","choices":[{"index":0,"delta":'
    .. delta .. ',"finish_reason":' .. finish_reason .. '}]}\n\n')
  ngx.flush(false)  -- a piece of the answer on the wire, as vLLM sends its tokens
end

local function streamed()
  ngx.header.content_type = EVENTS
  event('{"role":"assistant","content":""}', 'null')
  for _, piece in ipairs(PIECES) do
    event('{"content":"' .. piece .. '"}', 'null')
  end
  event('{}', '"stop"')
  ngx.print('data: [DONE]\n\n')
end

local function complete()
  ngx.req.read_body()
  local body = ngx.req.get_body_data() or ""
  if string.find(body, '"stream": ?true') then
    streamed()
  elseif string.find(body, '"start: SPAN', 1, true) then
    whole("浙商")  -- the gateway's question whether this engine keeps to a grammar
  else
    whole(ANSWER)
  end
end

return {
  complete = complete,
  count = function()
    ngx.req.read_body()
    ngx.header.content_type = JSON
    ngx.print('{"count":300,"max_model_len":32768,"tokens":[]}')
  end,
}
