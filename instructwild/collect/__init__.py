"""Seeds from social-media exports: prompts pulled out of posts, people masked, every other post dropped with a reason."""
