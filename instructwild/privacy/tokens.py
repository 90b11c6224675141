"""The fixed forms of keys and tokens, provider by provider, where the form is fixed.

Where a provider documents none, the form is the one that gitleaks and GitHub's secret scanning list for it.
"""

from instructwild.text.word_table import any_of, by_first_letter

UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_ENDS = "(?![A-Za-z0-9_-])"

_FORMS = rf"""
models        sk-(?!ssh-|ecdsa-)(?:[a-z]{{2,8}}-)?(?:v1-)?[A-Za-z0-9_-]{{20,}}
groq          gsk_[A-Za-z0-9]{{30,}}
perplexity    pplx-[A-Za-z0-9]{{30,}}
replicate     r8_[A-Za-z0-9]{{30,}}
xai           xai-[A-Za-z0-9]{{40,}}
together      tgp_v1_[A-Za-z0-9_-]{{30,}}
nvidia        nvapi-[A-Za-z0-9_-]{{40,}}
fireworks     fw_[A-Za-z0-9]{{20,}}
cerebras      csk-[a-z0-9]{{30,}}
pinecone      pcsk_[A-Za-z0-9_]{{40,}}
langsmith     lsv2_[ps][tk]_[A-Za-z0-9_]{{32,}}
elevenlabs    sk_[0-9a-f]{{40,}}
jina          jina_[A-Za-z0-9_-]{{40,}}
voyage        pa-[A-Za-z0-9_-]{{40,}}
tavily        tvly-(?:dev-|prod-)?[A-Za-z0-9]{{20,}}
firecrawl     fc-[0-9a-f]{{32}}
e2b           e2b_[0-9a-f]{{32,}}
wandb         local-[0-9a-f]{{40}}
wandb         wandb_v1_[A-Za-z0-9_]{{30,}}
anyscale      a?esecret_[A-Za-z0-9]{{20,}}
coze          [ps]at_[A-Za-z0-9]{{60,}}
cursor        key_[0-9a-f]{{64,128}}
dify          (?:app|dataset)-[A-Za-z0-9]{{24}}{_ENDS}
fal           {UUID}:[0-9a-f]{{32}}
fastgpt       fastgpt-[A-Za-z0-9]{{30,}}
friendli      flp_[A-Za-z0-9]{{40,}}
llama         LLM\|\d{{12,20}}\|[A-Za-z0-9_-]{{20,}}
llamacloud    llx-[A-Za-z0-9]{{40,}}
mem0          m0-[A-Za-z0-9]{{40}}
modal         a[ks]-[A-Za-z0-9]{{22}}{_ENDS}
runpod        rpa_[A-Z0-9]{{36,}}[a-z0-9]*
upstage       up_[A-Za-z0-9]{{30,}}
brave         BSA[A-Za-z0-9_-]{{27}}
deepl         {UUID}:(?:fx|dp)
zhipu         [0-9a-f]{{32}}\.[A-Za-z0-9]{{16}}
baidu         bce-v3/ALTAK-[A-Za-z0-9]{{16,}}/[0-9a-f]{{32,}}
volcengine    AKLT[A-Za-z0-9]{{20,}}
huggingface   hf_[A-Za-z0-9]{{30,}}
huggingface   api_org_[A-Za-z0-9]{{30,}}
github        gh[pousr]_[A-Za-z0-9]{{30,}}
github        github_pat_[A-Za-z0-9_]{{22,}}
gitlab        gl(?:pat|ptt|dt|rt|rtr|cbt|ft|imt|agent|soat|oas|ffct|wt)-[A-Za-z0-9_.-]{{20,}}
gitlab        GR1348941[A-Za-z0-9_-]{{20}}
sourcegraph   sgp_(?:[0-9a-f]{{16}}_|local_)?[0-9a-f]{{40}}
segment       sgp_[A-Za-z0-9]{{60,}}
buildkite     bk[ua]a?_[0-9a-f]{{40}}
circleci      CCI(?:PAT|PRJ)_[A-Za-z0-9]{{20,24}}_[0-9a-f]{{40}}
prefect       pn[ub]_[A-Za-z0-9]{{36}}
octopus       API-[A-Z0-9]{{25,36}}{_ENDS}
harness       [ps]at\.[A-Za-z0-9_-]{{22}}\.[A-Za-z0-9]{{24}}\.[A-Za-z0-9]{{20}}
authress      (?:sc|ext|scauth|authress)_[a-z0-9]{{5,30}}\.[a-z0-9]{{4,6}}\.acc[_-][a-z0-9-]{{10,32}}\.[A-Za-z0-9+/_=-]{{9,}}
trigger       tr_(?:dev|prod|stg)_[A-Za-z0-9]{{20,}}
inngest       signkey-(?:prod|test|branch)-[0-9a-f]{{32,}}
dbt           dbt[ucs]_[A-Za-z0-9_-]{{40,}}
atlassian     AT[AC]TT3[A-Za-z0-9_=-]{{50,}}
bitbucket     ATBB[A-Za-z0-9]{{28,}}
trello        ATTA[0-9a-f]{{64,}}
slack         xox(?:e\.xox)?[abcdeoprs]-[A-Za-z0-9-]{{10,}}
slack         xapp-\d-[A-Z0-9]+-\d+-[A-Za-z0-9]{{20,}}
slack         xwfp-[A-Za-z0-9-]{{20,}}
stripe        [sprk]k_(?:live|test|prod|sbox)_[A-Za-z0-9]{{16,}}
stripe        whsec_[A-Za-z0-9+/=]{{24,}}
lob           (?:live|test)_(?:pub_)?[0-9a-f]{{31,35}}
mollie        (?:live|test)_[A-Za-z0-9]{{30,35}}{_ENDS}
gocardless    (?:live|sandbox)_[A-Za-z0-9_=-]{{40}}{_ENDS}
duffel        (?:duffel|shippo)_(?:live|test)_[A-Za-z0-9_-]{{30,}}
razorpay      rzp_(?:live|test)_[A-Za-z0-9]{{14,}}
flutterwave   FLW(?:SEC|PUB)K(?:_TEST)?-[A-Za-z0-9]{{12,}}(?:-X)?
paypal        access_token\$(?:production|sandbox)\$[a-z0-9]{{16}}\$[0-9a-f]{{32}}
adyen         AQE[A-Za-z0-9]{{20,}}-[A-Za-z0-9+/=-]{{20,}}
plaid         access-(?:sandbox|development|production)-{UUID}
square        sq0[a-z]{{3}}-[A-Za-z0-9_-]{{22,}}
square        EAAA[A-Za-z0-9_+=-]{{56,}}
xendit        xnd_(?:public_)?(?:production|development)_[A-Za-z0-9]{{30,}}
midtrans      (?:SB-)?Mid-server-[A-Za-z0-9_-]{{20,}}
asaas         \$aact_[A-Za-z0-9_]{{20,}}[A-Za-z0-9:=+/-]*
paddle        pdl_(?:live|sdbx)_apikey_[a-z0-9]{{20,}}_[A-Za-z0-9_]{{20,}}
polar         polar_[a-z]{{2,5}}_[A-Za-z0-9]{{30,}}
bank          secret-token:[A-Za-z0-9_%.~-]{{20,}}
onfido        api_(?:live|sandbox)(?:_[a-z]{{2}})?\.[A-Za-z0-9_-]{{11}}\.[A-Za-z0-9_-]{{32}}
persona       persona_(?:production|sandbox)_[A-Za-z0-9-]{{30,}}
aws           A(?:3T[A-Z0-9]|KIA|SIA|BIA|CCA|GPA|IDA|ROA|IPA|NPA|NVA|PKA)[A-Z0-9]{{16}}
aws           ABSK[A-Za-z0-9+/]{{80,}}={{0,2}}
aws           bedrock-api-key-[A-Za-z0-9+/=]{{40,}}
aws           amzn\.mws\.{UUID}
aws           IQoJb3JpZ2lu[A-Za-z0-9+/=]{{60,}}
google        AIza[0-9A-Za-z_-]{{35}}
google        GOCSPX-[0-9A-Za-z_-]{{24,}}
google        ya29\.[0-9A-Za-z_-]{{20,}}
google        1//0[0-9A-Za-z_-]{{40,}}
google        AAAA[A-Za-z0-9_-]{{7}}:APA91b[A-Za-z0-9_-]{{80,}}
google        AQ\.A[0-9A-Za-z_-]{{40,}}
azure         [A-Za-z0-9_~.]{{3}}\dQ~[A-Za-z0-9_~.-]{{31,34}}
azure         [A-Za-z0-9]{{70,80}}AZDO[A-Za-z0-9]{{4}}
azure         [A-Za-z0-9+/]{{30,80}}(?:\+ASt|AzSe|AzFu|\+AEh|\+ASb|AIoT|AzCa|ACDb|\+ACR|\+ABa)[A-Za-z0-9+/]{{4,8}}={{0,2}}
azure         [A-Za-z0-9]{{52}}JQQJ9[A-Za-z0-9]{{20,30}}
alibaba       LTAI[A-Za-z0-9]{{12,}}
tencent       AKID[A-Za-z0-9]{{13,}}
yandex        AQVN[A-Za-z0-9_-]{{35,}}
yandex        t1\.[A-Za-z0-9_-]{{20,}}={{0,2}}\.[A-Za-z0-9_-]{{80,}}={{0,2}}
yandex        YC[A-Za-z0-9_-]{{38}}{_ENDS}
yandex        y[0-3]_[A-Za-z0-9_-]{{50,}}
cloudflare    v1\.0-[0-9a-f]{{24}}-[0-9a-f]{{146}}
cloudflare    cf[uaok]t_[A-Za-z0-9_-]{{36,}}
npm           npm_[A-Za-z0-9]{{36}}
pypi          pypi-[A-Za-z0-9_-]{{40,}}
rubygems      rubygems_[0-9a-f]{{48}}
nuget         oy2[a-z0-9]{{43}}
crates        cio[A-Za-z0-9]{{32}}
docker        dckr_(?:pat|oat)_[A-Za-z0-9_-]{{20,}}
clojars       CLOJARS_[A-Za-z0-9]{{60}}
artifactory   AKCp[A-Za-z0-9]{{60,}}
artifactory   cmVmd[A-Za-z0-9]{{59}}
openvsx       ovsx(?:p|at)_[A-Za-z0-9-]{{30,}}
deno          dd[opw]_[A-Za-z0-9]{{30,}}
twilio        (?:SK|AC)[0-9a-fA-F]{{32}}
telnyx        KEY[0-9A-F]{{32}}_[A-Za-z0-9]{{20,}}
sendgrid      SG\.[A-Za-z0-9_-]{{16,80}}\.[A-Za-z0-9_-]{{16,80}}
mailgun       key-[0-9a-f]{{32}}
mailchimp     [0-9a-f]{{32}}-us\d{{1,2}}
resend        re_[A-Za-z0-9]{{8}}_[A-Za-z0-9]{{20,}}
brevo         x(?:keysib|smtpsib)-[0-9a-f]{{64}}-[A-Za-z0-9]{{16}}
mailersend    mlsn\.[0-9a-f]{{64}}
klaviyo       pk_[0-9a-f]{{34}}
telegram      (?:bot)?\d{{8,10}}:A[A-Za-z0-9_-]{{31,}}
dingtalk      SEC[0-9a-f]{{64}}
serverchan    SCT\d{{3,8}}T[A-Za-z0-9]{{20,}}
discord       [MNO][A-Za-z0-9_-]{{23,27}}\.[A-Za-z0-9_-]{{6}}\.[A-Za-z0-9_-]{{27,40}}
discord       mfa\.[A-Za-z0-9_-]{{80,}}
facebook      \d{{15,16}}\|[A-Za-z0-9_-]{{27,40}}
x             \d{{15,20}}-[A-Za-z0-9]{{40}}
facebook      EAA[A-Za-z0-9]{{60,}}
instagram     IGQV[A-Za-z0-9_-]{{100,}}
x             A{{20,22}}[A-Za-z0-9%]{{60,}}
pinterest     pina_[A-Za-z0-9]{{30,}}
lichess       lip_[A-Za-z0-9]{{20,}}
shopify       shp(?:at|ca|pa|ss|tka|ua)_[0-9a-fA-F]{{32}}
dropbox       sl\.(?:u\.)?[A-Za-z0-9_-]{{100,}}
zoho          1000\.[0-9a-z]{{32}}\.[0-9a-z]{{32}}
notion        ntn_[A-Za-z0-9]{{40,}}
notion        secret_[A-Za-z0-9]{{43}}
linear        lin_(?:api|oauth)_[A-Za-z0-9]{{30,}}
figma         fig[dour]_[A-Za-z0-9_-]{{30,}}
airtable      pat[A-Za-z0-9]{{14}}\.[0-9a-f]{{64}}
postman       PMAK-[0-9a-f]{{24}}-[0-9a-f]{{34}}
typeform      tfp_[A-Za-z0-9_.-]{{40,}}
asana         [12]/\d{{14,17}}(?:/\d{{14,17}})?:[0-9a-f]{{32}}
clickup       pk_\d{{5,9}}_[A-Z0-9]{{32}}
hubspot       pat-(?:na|eu|ap)\d-{UUID}
intercom      dG9r[A-Za-z0-9+/]{{40,}}={{0,2}}
frame.io      fio-u-[A-Za-z0-9_=-]{{60,}}
beamer        b_[A-Za-z0-9=_-]{{44}}
readme        rdme_[a-z0-9]{{60,}}
launchdarkly  (?:api|sdk|mob)-{UUID}
contentful    CFPAT-[A-Za-z0-9_-]{{40,}}
canva         cnvca[A-Za-z0-9_-]{{30,}}
calcom        cal_(?:live_)?[0-9a-f]{{32}}
calendly      eyJraWQiOi[A-Za-z0-9_-]{{30,}}
ghost         [0-9a-f]{{24}}:[0-9a-f]{{64}}
apify         apify_(?:api|proxy|ui)_[A-Za-z0-9]{{20,}}
browserbase   bb_(?:live|test)_[A-Za-z0-9_-]{{20,}}
zuplo         zpka_[A-Za-z0-9]{{20,}}_[A-Za-z0-9]{{6,}}
unkey         unkey_[A-Za-z0-9]{{20,}}
statsig       secret-[A-Za-z0-9]{{40,}}
stytch        secret-(?:test|live)-[A-Za-z0-9_=-]{{36,}}
tatum         t-[0-9a-f]{{24}}-[0-9a-f]{{24}}
adafruit      aio_[A-Za-z0-9]{{28}}
wakatime      waka_(?:tok_|sec_)?[A-Za-z0-9-]{{30,}}
samsara       samsara_api_[A-Za-z0-9]{{20,}}
maxmind       [A-Za-z0-9]{{6}}_[A-Za-z0-9]{{29}}_mmk
ngrok         [123][A-Za-z0-9]{{26}}_[A-Za-z0-9]{{20,22}}{_ENDS}
intra42       s-s4t2(?:ud|af)-[0-9a-f]{{64}}
databricks    dapi[0-9a-f]{{32}}(?:-\d)?
supabase      sbp_[0-9a-f]{{40}}
supabase      sb_secret_[A-Za-z0-9_-]{{20,}}
planetscale   pscale_[a-z]+_[A-Za-z0-9_.-]{{30,}}
neon          napi_[a-z0-9]{{50,}}
clickhouse    4b1d[A-Za-z0-9]{{38}}
cockroach     CCDB1_[A-Za-z0-9]{{22}}_[A-Za-z0-9]{{40}}
convex        (?:prod|dev|preview):[a-z0-9-]{{3,40}}\|[A-Za-z0-9+/=]{{30,}}
tinybird      p\.eyJ[A-Za-z0-9_-]{{20,}}\.[A-Za-z0-9_-]{{20,}}
sanity        sk[A-Za-z0-9]{{80,}}
settlemint    sm_[aps]at_[A-Za-z0-9]{{16,}}
digitalocean  do[opr]_v1_[0-9a-f]{{64}}
heroku        HRKU-[A-Za-z0-9_-]{{30,}}
netlify       nfp_[A-Za-z0-9]{{36,}}
render        rnd_[A-Za-z0-9]{{28,}}
fly           fo1_[A-Za-z0-9_-]{{40,}}
fly           fm[12][ar]?_[A-Za-z0-9+/_-]{{60,}}={{0,3}}
vercel        vercel_blob_rw_[A-Za-z0-9]+_[A-Za-z0-9]{{20,}}
vercel        vc[aciprk]_[A-Za-z0-9]{{24,}}
tailscale     tskey-[a-z]+-[A-Za-z0-9-]{{20,}}
pulumi        pul-[0-9a-f]{{40}}
scaleway      scw[a-z]?_[A-Za-z0-9]{{30,}}
scalingo      tk-us-[A-Za-z0-9_-]{{40,}}
valtown       vtwn_[A-Za-z0-9]{{20,}}
ionic         ion_[A-Za-z0-9]{{42}}
jumpcloud     jca_[A-Za-z0-9]{{36}}
defined       dnkey-[A-Za-z0-9=_-]{{26}}-[A-Za-z0-9=_-]{{52}}
vault         hv[sbr]\.[A-Za-z0-9_-]{{24,}}
vault         s\.[A-Za-z0-9]{{24}}(?![A-Za-z0-9(.])
terraform     [A-Za-z0-9]{{14}}\.atlasv1\.[A-Za-z0-9_-]{{60,}}
doppler       dp\.[a-z]{{2,5}}\.[A-Za-z0-9]{{40,}}
infisical     st\.[0-9a-f]{{24}}\.[0-9a-f]{{32}}\.[0-9a-f]{{32}}
infracost     ico-[A-Za-z0-9]{{32}}
openshift     sha256~[A-Za-z0-9_-]{{43}}
1password     ops_eyJ[A-Za-z0-9+/=]{{60,}}
1password     A3-[A-Z0-9]{{6}}-[A-Z0-9]{{6}}-?[A-Z0-9]{{5}}(?:-[A-Z0-9]{{5}}){{3}}
age           AGE-SECRET-KEY-1[A-Z0-9]{{50,}}
easypost      EZ[AT]K[A-Za-z0-9]{{54}}
adobe         p8e-[A-Za-z0-9]{{32}}
snyk          snyk_(?:uat|sat)_[A-Za-z0-9._-]{{30,}}
socket        sktsec_[A-Za-z0-9_-]{{40,}}
pangea        pts_[a-z0-9]{{32}}
rootly        rootly_[0-9a-f]{{64}}
endor         endr\+[A-Za-z0-9-]{{16}}
grafana       gl(?:sa|c)_[A-Za-z0-9_+/=-]{{32,}}
grafana       eyJrIjoi[A-Za-z0-9+/]{{60,}}={{0,3}}
newrelic      NR(?:AK|BR|II|IQ|RA|SP)-[A-Za-z0-9_-]{{27,32}}
newrelic      NRJS-[0-9a-f]{{19}}
newrelic      [0-9a-f]{{36}}FFFFNRAL
sentry        sntry[su]_[A-Za-z0-9_=+/-]{{40,}}
dynatrace     dt0[a-z]\d\d\.[A-Z0-9]{{24}}\.[A-Z0-9]{{64}}
posthog       ph[cx]_[A-Za-z0-9]{{40,}}
sonar         sq[pua]_[0-9a-f]{{40}}
axiom         xa[ap]t-{UUID}
honeycomb     hc[abx]i[kc]_[a-z0-9]{{40,}}
mapbox        [spt]k\.eyJ1I[A-Za-z0-9_-]{{30,}}\.[A-Za-z0-9_-]{{20,}}
lark          t-g[A-Za-z0-9]{{38,}}
wechat        wxid_[a-z0-9]{{10,20}}
webtoken      eyJ[A-Za-z0-9_-]{{8,1000}}(?:\.(?:\r?\n[\t\ ]{{0,40}}(?=[A-Za-z0-9_-]{{20}}))?[A-Za-z0-9_-]{{0,2000}}){{2,4}}
"""
"""Provider and form, a line each; `models` are OpenAI, Anthropic, OpenRouter, DeepSeek, DashScope, Moonshot, Langfuse."""

TOKENS = tuple(line.split(maxsplit=1)[1] for line in _FORMS.strip().splitlines())
"""The fixed forms of keys, in the order in which they are tried."""

BEGINNINGS = any_of(r"""
    sk-(?:proj-|ant-)? | hf_ | gh[pousr]_ | github_pat_ | glpat- | gsk_ | xox[bpas]- | AKIA | ASIA | AIza | LTAI | AKID
    npm_ | pypi- | SG\. | [sr]k_live_ | eyJ | r8_ | xai- | nvapi- | dapi | dop_v1_ | dckr_pat_ | shpat_ | ntn_ | whsec_
""")
"""How the commonest keys begin: what is looked for where a key is broken over lines or glued together from parts."""

PROVIDERS = by_first_letter("""
    openai | anthropic | claude | gemini | cohere | mistral | together | deepseek | moonshot | qwen | dashscope
    zhipu | baidu | hunyuan | huggingface | replicate
    azure | aws | amazon | gcp | google | firebase | alibaba | aliyun | tencent | qcloud | huawei | qiniu | upyun | volc | jd
    cloudflare | supabase | heroku | vercel | netlify | digitalocean | linode | vultr | scaleway | hetzner
    datadog | newrelic | sentry | grafana | splunk | sumo | logdna | pagerduty
    okta | auth0 | twilio | sendgrid | mailgun | mailchimp | sparkpost | postmark
    slack | discord | telegram | twitter | facebook | instagram | linkedin | tiktok | reddit
    wechat | weixin | alipay | dingtalk | feishu | lark
    github | gitlab | gitee | bitbucket | jira | confluence | atlassian
    notion | airtable | asana | trello | zendesk | hubspot | salesforce | intercom | contentful | sanity | launchdarkly
    stripe | paypal | square | adyen | shopify
    coinbase | binance | kraken | kucoin | okx | bybit | etherscan | infura | alchemy | quicknode
    mapbox | amap | gaode | openweather | weatherapi | ipinfo | algolia | elastic | pinecone | weaviate
    snyk | sonar | codecov | circleci | travis | jenkins | npm | pypi | docker | artifactory | nexus
    ngrok | cypress | percy
    dropbox | zoom | spotify | twitch | youtube | steam | plex | trakt | tmdb | omdb | newsapi
    rapidapi | serpapi | serper | tavily | exa | hex | dns | cf | dd
    pushover | pushbullet | pushplus | bark
""")
"""Names of providers whose keys have no form of their own: beside `key` or `token` a long run of signs is one."""
