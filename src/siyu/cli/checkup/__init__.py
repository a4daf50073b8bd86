"""What `siyu doctor` looks at. A check takes the patient and gives findings; it changes nothing and never raises for what it finds."""

from siyu.cli.checkup.accounts import vendor_accounts
from siyu.cli.checkup.lake import lake_files
from siyu.cli.checkup.machine import address, data_directory, keys
from siyu.cli.checkup.messages import mail_server, stuck_channels, unknown_sends
from siyu.cli.checkup.people import passwords, staff_there
from siyu.cli.checkup.server import clocks, connections, durability, migrations, version
from siyu.cli.checkup.syncing import runs_and_differences
from siyu.cli.checkup.words import Check, Degree, Finding, Patient
from siyu.cli.checkup.work import jobs_stuck, long_transactions, messages_waiting, parked_rows, readers_behind, rejected_messages

BEFORE_DATABASE: list[Check] = [data_directory, keys, address]
WITH_DATABASE: list[Check] = [
    version, connections, durability, migrations, clocks, mail_server, stuck_channels, unknown_sends, readers_behind, messages_waiting,
    long_transactions, lake_files, parked_rows, jobs_stuck, rejected_messages, staff_there, passwords,
    runs_and_differences, vendor_accounts,
]  # fmt: skip

__all__ = ["BEFORE_DATABASE", "WITH_DATABASE", "Check", "Degree", "Finding", "Patient"]
