"""The fixed forms of keys and tokens, provider by provider, where the form is fixed.

Where a provider documents none, the form is the one that gitleaks and GitHub's secret scanning list for it.
"""

UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"

TOKENS = {
    "openai, anthropic, openrouter, deepseek, dashscope, moonshot, stability, langfuse":
        r"sk-(?:[a-z]{2,8}-)?(?:v1-)?[A-Za-z0-9_-]{20,}",
    "groq, perplexity, replicate, xai, together":
        r"gsk_[A-Za-z0-9]{30,}|pplx-[A-Za-z0-9]{30,}|r8_[A-Za-z0-9]{30,}|xai-[A-Za-z0-9]{40,}|tgp_v1_[A-Za-z0-9_-]{30,}",
    "nvidia, fireworks, cerebras, pinecone, langsmith":
        r"nvapi-[A-Za-z0-9_-]{40,}|fw_[A-Za-z0-9]{20,}|csk-[a-z0-9]{30,}|pcsk_[A-Za-z0-9_]{40,}|"
        r"lsv2_[ps][tk]_[A-Za-z0-9_]{32,}",
    "elevenlabs, jina, voyage, tavily, firecrawl, e2b, wandb":
        r"sk_[0-9a-f]{40,}|jina_[A-Za-z0-9_-]{40,}|pa-[A-Za-z0-9_-]{40,}|tvly-(?:dev-|prod-)?[A-Za-z0-9]{20,}|"
        r"fc-[0-9a-f]{32}"
        r"|e2b_[0-9a-f]{32,}|local-[0-9a-f]{40}|wandb_v1_[A-Za-z0-9_]{30,}",
    "zhipu, baidu, volcengine": r"[0-9a-f]{32}\.[A-Za-z0-9]{16}|bce-v3/ALTAK-[A-Za-z0-9]{16,}/[0-9a-f]{32,}|"
                                r"AKLT[A-Za-z0-9]{20,}",
    "huggingface": r"hf_[A-Za-z0-9]{30,}|api_org_[A-Za-z0-9]{30,}",
    "github": r"gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,}",
    "gitlab": r"gl(?:pat|ptt|dt|rt|rtr|cbt|ft|imt|agent|soat|oas|ffct|wt)-[A-Za-z0-9_.-]{20,}|GR1348941[A-Za-z0-9_-]{20}",
    "sourcegraph, buildkite, circleci, travis, prefect":
        r"sgp_(?:[0-9a-f]{16}_|local_)?[0-9a-f]{40}|bk[ua]a?_[0-9a-f]{40}|CCI(?:PAT|PRJ)_[A-Za-z0-9]{20,24}_[0-9a-f]{40}|"
        r"pn[ub]_[a-z0-9]{36}",
    "atlassian, bitbucket, trello": r"AT[AC]TT3[A-Za-z0-9_=-]{50,}|ATBB[A-Za-z0-9]{28,}|ATTA[0-9a-f]{64,}",
    "slack": r"xox(?:e\.xox)?[abcdeoprs]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Z0-9]+-\d+-[A-Za-z0-9]{20,}|xwfp-[A-Za-z0-9-]{20,}",
    "stripe, lob, duffel, shippo, paystack, clerk":
        r"[sprk]k_(?:live|test|prod)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/=]{24,}|(?:live|test)_(?:pub_)?[0-9a-f]{31,35}"
        r"|(?:duffel|shippo)_(?:live|test)_[A-Za-z0-9_-]{30,}",
    "razorpay, flutterwave, paypal, adyen, plaid, square":
        r"rzp_(?:live|test)_[A-Za-z0-9]{14,}|FLW(?:SEC|PUB)K(?:_TEST)?-[A-Za-z0-9]{12,}(?:-X)?"
        r"|access_token\$(?:production|sandbox)\$[a-z0-9]{16}\$[0-9a-f]{32}|AQE[A-Za-z0-9]{20,}-[A-Za-z0-9+/=-]{20,}"
        rf"|access-(?:sandbox|development|production)-{UUID}|sq0[a-z]{{3}}-[A-Za-z0-9_-]{{22,}}|EAAA[A-Za-z0-9_+=-]{{56,}}",
    "aws": r"A(?:KIA|SIA|BIA|CCA|GPA|IDA|ROA|IPA|NPA|NVA|PKA)[A-Z0-9]{16}|ABSK[A-Za-z0-9+/]{80,}={0,2}"
           rf"|bedrock-api-key-[A-Za-z0-9+/=]{{40,}}|amzn\.mws\.{UUID}|IQoJb3JpZ2lu[A-Za-z0-9+/=]{{60,}}",
    "google": r"AIza[0-9A-Za-z_-]{35}|GOCSPX-[0-9A-Za-z_-]{24,}|ya29\.[0-9A-Za-z_-]{20,}|1//0[0-9A-Za-z_-]{40,}|"
              r"AQ\.A[0-9A-Za-z_-]{40,}",
    "azure": r"[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34}|[A-Za-z0-9]{70,80}AZDO[A-Za-z0-9]{4}|"
             r"[A-Za-z0-9]{52}JQQJ9[A-Za-z0-9]{20,30}",
    "alibaba, tencent, yandex, cloudflare":
        r"LTAI[A-Za-z0-9]{12,}|AKID[A-Za-z0-9]{13,}|AQVN[A-Za-z0-9_-]{35,}|v1\.0-[0-9a-f]{24}-[0-9a-f]{146}",
    "npm, pypi, rubygems, nuget, crates, docker, clojars, artifactory":
        r"npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{40,}|rubygems_[0-9a-f]{48}|oy2[a-z0-9]{43}|cio[A-Za-z0-9]{32}"
        r"|dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}|CLOJARS_[A-Za-z0-9]{60}|AKCp[A-Za-z0-9]{60,}|cmVmd[A-Za-z0-9]{59}",
    "twilio, sendgrid, mailgun, mailchimp, resend, brevo, mailersend":
        r"(?:SK|AC)[0-9a-fA-F]{32}|SG\.[A-Za-z0-9_-]{16,80}\.[A-Za-z0-9_-]{16,80}|key-[0-9a-f]{32}|[0-9a-f]{32}-us\d{1,2}"
        r"|re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,}|x(?:keysib|smtpsib)-[0-9a-f]{64}-[A-Za-z0-9]{16}|mlsn\.[0-9a-f]{64}",
    "telegram, dingtalk, serverchan": r"(?:bot)?\d{8,10}:A[A-Za-z0-9_-]{31,}|SEC[0-9a-f]{64}|SCT\d{3,8}T[A-Za-z0-9]{20,}",
    "discord": r"[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}|mfa\.[A-Za-z0-9_-]{80,}",
    "facebook, instagram, x, shopify, dropbox":
        r"EAA[A-Za-z0-9]{60,}|IGQV[A-Za-z0-9_-]{100,}|A{20,22}[A-Za-z0-9%]{60,}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"
        r"|sl\.[A-Za-z0-9_-]{100,}",
    "notion, linear, figma, airtable, postman, typeform":
        r"ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43}|lin_(?:api|oauth)_[A-Za-z0-9]{30,}|fig[dour]_[A-Za-z0-9_-]{30,}"
        r"|pat[A-Za-z0-9]{14}\.[0-9a-f]{64}|PMAK-[0-9a-f]{24}-[0-9a-f]{34}|tfp_[A-Za-z0-9_.-]{40,}",
    "asana, clickup, hubspot, intercom, frame.io, beamer, readme, launchdarkly":
        rf"[12]/\d{{14,17}}(?:/\d{{14,17}})?:[0-9a-f]{{32}}|pk_\d{{5,9}}_[A-Z0-9]{{32}}|pat-(?:na|eu)\d-{UUID}|"
        rf"dG9r[A-Za-z0-9+/]{{40,}}={{0,2}}"
        rf"|fio-u-[A-Za-z0-9_=-]{{60,}}|b_[A-Za-z0-9=_-]{{44}}|rdme_[a-z0-9]{{60,}}|(?:api|sdk|mob)-{UUID}",
    "databases": r"dapi[0-9a-f]{32}(?:-\d)?|sbp_[0-9a-f]{40}|sb_secret_[A-Za-z0-9_-]{20,}|pscale_[a-z]+_[A-Za-z0-9_.-]{30,}|"
                 r"napi_[a-z0-9]{50,}"
                 r"|4b1d[A-Za-z0-9]{38}",
    "hosting": r"do[opr]_v1_[0-9a-f]{64}|HRKU-[A-Za-z0-9_-]{30,}|nfp_[A-Za-z0-9]{36,}|rnd_[A-Za-z0-9]{28,}|"
               r"fo1_[A-Za-z0-9_-]{40,}"
               r"|fm[12][ar]?_[A-Za-z0-9+/_-]{60,}={0,3}|vercel_blob_rw_[A-Za-z0-9]+_[A-Za-z0-9]{20,}|"
               r"tskey-[a-z]+-[A-Za-z0-9-]{20,}"
               r"|pul-[0-9a-f]{40}|scw[a-z]?_[A-Za-z0-9]{30,}",
    "vaults": r"hv[sbr]\.[A-Za-z0-9_-]{24,}|s\.[A-Za-z0-9]{24}(?![A-Za-z0-9(.])|[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,}"
              r"|dp\.[a-z]{2,5}\.[A-Za-z0-9]{40,}|ops_eyJ[A-Za-z0-9+/=]{60,}|"
              r"A3-[A-Z0-9]{6}-[A-Z0-9]{6}-?[A-Z0-9]{5}(?:-[A-Z0-9]{5}){3}"
              r"|AGE-SECRET-KEY-1[A-Z0-9]{50,}|EZ[AT]K[A-Za-z0-9]{54}|p8e-[A-Za-z0-9]{32}",
    "monitoring": r"gl(?:sa|c)_[A-Za-z0-9_+/=-]{32,}|NRAK-[A-Z0-9]{27}|NRJS-[0-9a-f]{19}|[0-9a-f]{36}FFFFNRAL"
                  r"|sntry[su]_[A-Za-z0-9_=+/-]{40,}|dt0c01\.[A-Z0-9]{24}\.[A-Z0-9]{64}|ph[cx]_[A-Za-z0-9]{40,}|"
                  r"sq[pua]_[0-9a-f]{40}",
    "mapbox": r"[sp]k\.eyJ1I[A-Za-z0-9_-]{30,}\.[A-Za-z0-9_-]{20,}",
    "wechat": r"wxid_[a-z0-9]{10,20}",
    "json web token": r"eyJ[A-Za-z0-9_-]{8,1000}(?:\.[A-Za-z0-9_-]{8,2000}){2,4}",
}
"""Provider -> the fixed form of its keys."""

PROVIDERS = (
    r"openai|anthropic|claude|gemini|azure|aws|amazon|gcp|google|cohere|mistral|together|deepseek|moonshot|qwen|dashscope|"
    r"zhipu|baidu|hunyuan|"
    r"huggingface|replicate|cloudflare|datadog|newrelic|sentry|okta|auth0|firebase|supabase|heroku|vercel|netlify|"
    r"digitalocean|linode|vultr|"
    r"scaleway|hetzner|alibaba|aliyun|tencent|qcloud|huawei|qiniu|upyun|volc|jd|twilio|sendgrid|mailgun|mailchimp|sparkpost|"
    r"postmark|slack|discord|"
    r"telegram|twitter|facebook|instagram|linkedin|tiktok|wechat|weixin|alipay|dingtalk|feishu|lark|github|gitlab|gitee|"
    r"bitbucket|jira|"
    r"confluence|atlassian|notion|airtable|asana|trello|zendesk|hubspot|salesforce|intercom|stripe|paypal|square|adyen|"
    r"coinbase|binance|kraken|"
    r"kucoin|okx|bybit|etherscan|infura|alchemy|quicknode|mapbox|amap|gaode|algolia|elastic|pinecone|weaviate|snyk|sonar|"
    r"codecov|circleci|"
    r"travis|jenkins|npm|pypi|docker|artifactory|nexus|grafana|splunk|sumo|logdna|pagerduty|launchdarkly|contentful|sanity|"
    r"shopify|dropbox|"
    r"zoom|spotify|twitch|youtube|reddit|steam|openweather|rapidapi|serpapi|serper|tavily|exa|hex|dns|cf|dd|pushover|"
    r"pushbullet|pushplus|bark|plex|trakt|tmdb|omdb|newsapi|weatherapi|ipinfo|ngrok|cypress|percy")
"""Names of providers whose keys have no form of their own: beside `key` or `token` a long run of signs is one."""
