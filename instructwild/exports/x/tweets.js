window.YTD.tweets.part0 = [
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630000000000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "115"
      ],
      "favorite_count": "41",
      "id_str": "1630000000000000000",
      "truncated": false,
      "retweet_count": "2",
      "id": "1630000000000000000",
      "created_at": "Wed Mar 01 08:00:00 +0000 2023",
      "favorited": false,
      "full_text": "I asked ChatGPT: \"Explain quantum entanglement using only words a cat would care about.\" I have never felt so seen.",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630007919000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "36"
      ],
      "favorite_count": "50",
      "id_str": "1630007919000000000",
      "truncated": false,
      "retweet_count": "0",
      "id": "1630007919000000000",
      "created_at": "Wed Mar 01 17:00:00 +0000 2023",
      "favorited": false,
      "full_text": "让ChatGPT写一首关于加班的打油诗，要求每句都押韵，结果写得比我还惨",
      "lang": "zh"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630015838000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [
          {
            "text": "promptoftheday",
            "indices": [
              "97",
              "112"
            ]
          }
        ],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "112"
      ],
      "favorite_count": "9",
      "id_str": "1630015838000000000",
      "truncated": false,
      "retweet_count": "8",
      "id": "1630015838000000000",
      "created_at": "Thu Mar 02 02:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Prompt: Act as a museum guide and describe an ordinary stapler as if it were a lost masterpiece. #promptoftheday",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630023757000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [
          {
            "text": "AI提问",
            "indices": [
              "48",
              "53"
            ]
          }
        ],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "53"
      ],
      "favorite_count": "12",
      "id_str": "1630023757000000000",
      "truncated": false,
      "retweet_count": "5",
      "id": "1630023757000000000",
      "created_at": "Thu Mar 02 11:00:00 +0000 2023",
      "favorited": false,
      "full_text": "今日提示词：你是一位经验丰富的面试官，请针对数据分析师岗位向我提五个问题，并逐一点评我的回答。 #AI提问",
      "lang": "zh"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630031676000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "50"
      ],
      "favorite_count": "74",
      "id_str": "1630031676000000000",
      "truncated": false,
      "retweet_count": "0",
      "id": "1630031676000000000",
      "created_at": "Thu Mar 02 20:00:00 +0000 2023",
      "favorited": false,
      "full_text": "ok the new season is so good I can't stop watching",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630039595000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "18"
      ],
      "favorite_count": "64",
      "id_str": "1630039595000000000",
      "truncated": false,
      "retweet_count": "3",
      "id": "1630039595000000000",
      "created_at": "Fri Mar 03 05:00:00 +0000 2023",
      "favorited": false,
      "full_text": "今天的晚霞太好看了，下班路上拍了一路",
      "lang": "zh"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630047514000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [
          {
            "name": "Prompt Hoarder",
            "screen_name": "prompt_hoarder",
            "indices": [
              "3",
              "18"
            ],
            "id_str": "44014",
            "id": "44014"
          }
        ],
        "urls": []
      },
      "display_text_range": [
        "0",
        "74"
      ],
      "favorite_count": "4",
      "id_str": "1630047514000000000",
      "truncated": false,
      "retweet_count": "1",
      "id": "1630047514000000000",
      "created_at": "Fri Mar 03 14:00:00 +0000 2023",
      "favorited": false,
      "full_text": "RT @prompt_hoarder: Write a breakup letter from a houseplant to its owner.",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630055433000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [
          {
            "name": "ChatGPT",
            "screen_name": "ChatGPT",
            "indices": [
              "0",
              "8"
            ],
            "id_str": "44007",
            "id": "44007"
          }
        ],
        "urls": []
      },
      "display_text_range": [
        "0",
        "91"
      ],
      "favorite_count": "55",
      "id_str": "1630055433000000000",
      "truncated": false,
      "retweet_count": "6",
      "id": "1630055433000000000",
      "created_at": "Fri Mar 03 23:00:00 +0000 2023",
      "favorited": false,
      "full_text": "@ChatGPT write a polite email asking my professor for a two-day extension on the lab report",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630063352000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "40"
      ],
      "favorite_count": "8",
      "id_str": "1630063352000000000",
      "truncated": false,
      "retweet_count": "3",
      "id": "1630063352000000000",
      "created_at": "Sat Mar 04 08:00:00 +0000 2023",
      "favorited": false,
      "full_text": "问了一下文心一言：“如果月亮突然消失，地球上的潮汐会发生什么变化？”回答得挺像样",
      "lang": "zh"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630071271000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "99"
      ],
      "favorite_count": "11",
      "id_str": "1630071271000000000",
      "truncated": false,
      "retweet_count": "8",
      "id": "1630071271000000000",
      "created_at": "Sat Mar 04 17:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Told Claude to rewrite the terms &amp; conditions of my gym as a sea shanty and it did not hesitate",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630079190000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "13"
      ],
      "favorite_count": "54",
      "id_str": "1630079190000000000",
      "truncated": false,
      "retweet_count": "0",
      "id": "1630079190000000000",
      "created_at": "Sun Mar 05 02:00:00 +0000 2023",
      "favorited": false,
      "full_text": "早安，周一的地铁还是这么挤",
      "lang": "zh"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630087109000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "65"
      ],
      "favorite_count": "72",
      "id_str": "1630087109000000000",
      "truncated": false,
      "retweet_count": "1",
      "id": "1630087109000000000",
      "created_at": "Sun Mar 05 11:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Why do onions make us cry, and how can I chop them without tears?",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630095028000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "31"
      ],
      "favorite_count": "28",
      "id_str": "1630095028000000000",
      "truncated": false,
      "retweet_count": "9",
      "id": "1630095028000000000",
      "created_at": "Sun Mar 05 20:00:00 +0000 2023",
      "favorited": false,
      "full_text": "怎样在两周内把英语口语练到可以点餐的水平？请给一个每天的计划。",
      "lang": "zh"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630102947000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [
          {
            "name": "Nora Lindqvist",
            "screen_name": "nora_writes",
            "indices": [
              "7",
              "19"
            ],
            "id_str": "44011",
            "id": "44011"
          }
        ],
        "urls": []
      },
      "display_text_range": [
        "0",
        "61"
      ],
      "favorite_count": "7",
      "id_str": "1630102947000000000",
      "truncated": false,
      "retweet_count": "9",
      "id": "1630102947000000000",
      "created_at": "Mon Mar 06 05:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Thanks @nora_writes for the lovely review of our little shop!",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630110866000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": [
          {
            "url": "https://t.co/abc123",
            "expanded_url": "https://blog.example/kyoto",
            "display_url": "blog.example/kyoto",
            "indices": [
              "93",
              "112"
            ]
          }
        ]
      },
      "display_text_range": [
        "0",
        "112"
      ],
      "favorite_count": "74",
      "id_str": "1630110866000000000",
      "truncated": false,
      "retweet_count": "6",
      "id": "1630110866000000000",
      "created_at": "Mon Mar 06 14:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Asked GPT-4 to plan a three-day trip to Kyoto for someone who hates crowds. Full answer here https://t.co/abc123",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630118785000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "30"
      ],
      "favorite_count": "6",
      "id_str": "1630118785000000000",
      "truncated": false,
      "retweet_count": "3",
      "id": "1630118785000000000",
      "created_at": "Mon Mar 06 23:00:00 +0000 2023",
      "favorited": false,
      "full_text": "我对DeepSeek说：用鲁迅的口吻评价一下外卖迟到这件事。",
      "lang": "zh"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630126704000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "124"
      ],
      "favorite_count": "5",
      "id_str": "1630126704000000000",
      "truncated": false,
      "retweet_count": "8",
      "id": "1630126704000000000",
      "created_at": "Tue Mar 07 08:00:00 +0000 2023",
      "favorited": false,
      "full_text": "My prompt was: \"You are a strict grammar teacher. Correct every mistake in my text and explain each correction in one line.\"",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630134623000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "15"
      ],
      "favorite_count": "17",
      "id_str": "1630134623000000000",
      "truncated": false,
      "retweet_count": "4",
      "id": "1630134623000000000",
      "created_at": "Tue Mar 07 17:00:00 +0000 2023",
      "favorited": false,
      "full_text": "求推荐好用的降噪耳机，预算五百",
      "lang": "zh"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630142542000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "69"
      ],
      "favorite_count": "53",
      "id_str": "1630142542000000000",
      "truncated": false,
      "retweet_count": "2",
      "id": "1630142542000000000",
      "created_at": "Wed Mar 08 02:00:00 +0000 2023",
      "favorited": false,
      "full_text": "hey ChatGPT, give me ten titles for a podcast about failed inventions",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630150461000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "37"
      ],
      "favorite_count": "69",
      "id_str": "1630150461000000000",
      "truncated": false,
      "retweet_count": "1",
      "id": "1630150461000000000",
      "created_at": "Wed Mar 08 11:00:00 +0000 2023",
      "favorited": false,
      "full_text": "提示词分享：把下面这段会议记录整理成待办清单，每一项写明负责人和截止日期。",
      "lang": "zh"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630158380000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "53"
      ],
      "favorite_count": "73",
      "id_str": "1630158380000000000",
      "truncated": false,
      "retweet_count": "4",
      "id": "1630158380000000000",
      "created_at": "Wed Mar 08 20:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Is it just me or does every AI app look the same now?",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630166299000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "114"
      ],
      "favorite_count": "71",
      "id_str": "1630166299000000000",
      "truncated": false,
      "retweet_count": "2",
      "id": "1630166299000000000",
      "created_at": "Thu Mar 09 05:00:00 +0000 2023",
      "favorited": false,
      "full_text": "I asked the AI to invent a board game for two players that needs nothing but coins and a napkin. 10/10 would play.",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630174218000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "32"
      ],
      "favorite_count": "13",
      "id_str": "1630174218000000000",
      "truncated": false,
      "retweet_count": "9",
      "id": "1630174218000000000",
      "created_at": "Thu Mar 09 14:00:00 +0000 2023",
      "favorited": false,
      "full_text": "叫豆包帮我写一份三百字的自我介绍，应聘小学语文老师，语气亲切自然",
      "lang": "zh"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630182137000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "120"
      ],
      "favorite_count": "73",
      "id_str": "1630182137000000000",
      "truncated": false,
      "retweet_count": "3",
      "id": "1630182137000000000",
      "created_at": "Thu Mar 09 23:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Prompt: Compare renting and buying a flat for a couple who will move again in five years. List pros and cons in a table.",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630190056000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "13"
      ],
      "favorite_count": "47",
      "id_str": "1630190056000000000",
      "truncated": false,
      "retweet_count": "1",
      "id": "1630190056000000000",
      "created_at": "Fri Mar 10 08:00:00 +0000 2023",
      "favorited": false,
      "full_text": "为什么飞机的窗户是圆角的？",
      "lang": "zh"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630197975000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "64"
      ],
      "favorite_count": "70",
      "id_str": "1630197975000000000",
      "truncated": false,
      "retweet_count": "1",
      "id": "1630197975000000000",
      "created_at": "Fri Mar 10 17:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Write a limerick about a programmer who is afraid of semicolons.",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630205894000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "27"
      ],
      "favorite_count": "72",
      "id_str": "1630205894000000000",
      "truncated": false,
      "retweet_count": "0",
      "id": "1630205894000000000",
      "created_at": "Sat Mar 11 02:00:00 +0000 2023",
      "favorited": false,
      "full_text": "写一个以“最后一班地铁”开头的微型小说，不超过两百字。",
      "lang": "zh"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630213813000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "130"
      ],
      "favorite_count": "79",
      "id_str": "1630213813000000000",
      "truncated": false,
      "retweet_count": "3",
      "id": "1630213813000000000",
      "created_at": "Sat Mar 11 11:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Prompt: Write a cover letter for Jonas Okafor, phone +1 202 555 0187, mail jonas.okafor@mail.example, applying as a bike mechanic.",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630221732000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "61"
      ],
      "favorite_count": "63",
      "id_str": "1630221732000000000",
      "truncated": false,
      "retweet_count": "8",
      "id": "1630221732000000000",
      "created_at": "Sat Mar 11 20:00:00 +0000 2023",
      "favorited": false,
      "full_text": "提示词：请为联系人：张晓梅（手机 138-1234-5678，微信号：xiaomei_zh88）写一份上门维修的预约短信。",
      "lang": "zh"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630229651000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "46"
      ],
      "favorite_count": "54",
      "id_str": "1630229651000000000",
      "truncated": false,
      "retweet_count": "5",
      "id": "1630229651000000000",
      "created_at": "Sun Mar 12 05:00:00 +0000 2023",
      "favorited": false,
      "full_text": "congrats to the whole team, what a launch day!",
      "lang": "en"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630237570000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "25"
      ],
      "favorite_count": "59",
      "id_str": "1630237570000000000",
      "truncated": false,
      "retweet_count": "9",
      "id": "1630237570000000000",
      "created_at": "Sun Mar 12 14:00:00 +0000 2023",
      "favorited": false,
      "full_text": "我问Kimi：如何向五岁的孩子解释什么是通货膨胀？",
      "lang": "zh"
    }
  },
  {
    "tweet": {
      "edit_info": {
        "initial": {
          "editTweetIds": [
            "1630245489000000000"
          ],
          "editableUntil": "2023-03-01T09:00:00.000Z",
          "editsRemaining": "5",
          "isEditEligible": true
        }
      },
      "retweeted": false,
      "source": "<a href=\"https://mobile.twitter.com\" rel=\"nofollow\">Twitter Web App</a>",
      "entities": {
        "hashtags": [],
        "symbols": [],
        "user_mentions": [],
        "urls": []
      },
      "display_text_range": [
        "0",
        "82"
      ],
      "favorite_count": "58",
      "id_str": "1630245489000000000",
      "truncated": false,
      "retweet_count": "5",
      "id": "1630245489000000000",
      "created_at": "Sun Mar 12 23:00:00 +0000 2023",
      "favorited": false,
      "full_text": "Translate this into Spanish please: The meeting has been moved to Thursday at ten.",
      "lang": "en"
    }
  }
]
