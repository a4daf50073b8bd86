"""WHOSE CUSTOMER. Comes in: contact.* and group.* facts, and a corp's lists of guides, chats and tags. Goes out: who looks after whom.

Facts may come in any order and twice: a relation is the newest adding against the newest ending. Tags that have a life stand with the
moment since when each relation carries them. Owns the tables guides, contacts, chat_groups, group_members, corp_tags and tag_lives.
"""

from siyu.pool.relations.flow import follow
from siyu.pool.relations.lives import govern_tag
from siyu.pool.relations.store import (
    contacts_of,
    groups,
    groups_of,
    guide_of,
    guides,
    keep_groups,
    keep_guides,
    keep_tags,
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
    "tags",
]
