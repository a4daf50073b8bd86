"""WHOSE CUSTOMER. Comes in: contact.* and group.* facts, and a corp's lists of guides, chats and tags. Goes out: who looks after whom.

Facts may come in any order and twice: a relation is the newest adding against the newest ending. Owns the tables guides, contacts,
chat_groups, group_members and corp_tags.
"""

from siyu.pool.relations.flow import follow
from siyu.pool.relations.store import (
    contacts_of,
    govern_tag,
    groups,
    groups_of,
    guide_of,
    guides,
    keep_groups,
    keep_guides,
    keep_tags,
    load_of,
    members_of,
    tags,
)
from siyu.pool.relations.words import ChatGroup, Contact, CorpTag, GroupMember, Guide

__all__ = [
    "ChatGroup",
    "Contact",
    "CorpTag",
    "GroupMember",
    "Guide",
    "contacts_of",
    "follow",
    "govern_tag",
    "groups",
    "groups_of",
    "guide_of",
    "guides",
    "keep_groups",
    "keep_guides",
    "keep_tags",
    "load_of",
    "members_of",
    "tags",
]
