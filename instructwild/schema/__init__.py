"""What a row is. Standard library and pydantic only."""

from instructwild.schema.identity import content_id, pair_id, response_id, salted_hash, turn_of
from instructwild.schema.instruction import Instruction, Labels, instruction_of, prompt_text
from instructwild.schema.message import Message, chat_message
from instructwild.schema.provenance import MadeBy, Origin
from instructwild.schema.ranking import Candidate, PreferencePair, Ranking, RankingRow
from instructwild.schema.verdict import Dropped, Reason

__all__ = ["Candidate", "Dropped", "Instruction", "Labels", "MadeBy", "Message", "Origin", "PreferencePair", "Ranking",
           "RankingRow", "Reason", "chat_message", "content_id", "instruction_of", "pair_id", "prompt_text", "response_id",
           "salted_hash", "turn_of"]
