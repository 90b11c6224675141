"""What ordinary rows hold and only looks personal stays; what is personal and has the same form goes.

Every line is one kind: a rule that is narrowed for the first text has to see what stands in the second one still.
"""

import pytest

from instructwild.privacy.masking import mask_row

UUID, CARD = "45567845-1234-4317-9d4b-0a1f6c2b7e55", "45567845-1234-4317"
PIPELINE = "- script: echo\n  displayName: '{}'\n" + "- task: wait\n" * 40 + "notify: orla@tidal-mill.org"
LOGIN = "mongodb+srv://Admin:Pass123@cluster7.tidal-mill.org/?w=majority"
PAIRS = {
    "a column of numbers under a rule, and a listing of files": (
        "visit_id\n----------\n204\n207\n208\n214\n", "207",
        "drwxr-xr-x 2 wrenquay staff 64 May 3 boats", "wrenquay"),
    "labels of a form on its side, and a table of people": (
        "| **Name** | Wren |\n| --- | --- |\n| **Mobile** | +44 20 7946 0958 |\n| **Skills** | Sails |", "Mobile",
        "| Name | Mobile |\n| --- | --- |\n| Orla Finch | +44 20 7946 0958 |", "Orla Finch"),
    "a trade and a person beside a mail address": (
        "1. Event Organizer | orla@tidal-mill.org", "Event Organizer",
        "1. Orla Finch | orla@tidal-mill.org", "Orla Finch"),
    "a part of an office and a person above a box": (
        "Office of Harbour Tolls\nP.O. Box 2417\nRaleigh", "Harbour Tolls",
        "Orla Finch\nP.O. Box 2417\nRaleigh", "Orla Finch"),
    "a step of a pipeline and a person whose address is near": (
        PIPELINE.format("Rotate Buoys"), "Rotate Buoys",
        "displayName: 'Orla Finch'\nmail: orla@tidal-mill.org", "Orla Finch"),
    "an occasion and a person in a program's data": (
        '{"name": "Birthday Party", "contact": {"email": "orla@tidal-mill.org"}}', "Birthday Party",
        '{"name": "Orla Finch", "contact": {"email": "orla@tidal-mill.org"}}', "Orla Finch"),
    "a field and a person in settings": (
        "- id: 7\n  name: Temas\n  field_type: MultipleSelect", "Temas", "- id: 7\n  name: Orla\n  age: 41", "Orla"),
    "a package and a person": ("Name: Defogger\nVersion: 0.0.28", "Defogger", "Name: Orla\nAge: 41", "Orla"),
    "the start of a word and a name under a letter": (
        "Sincerely, Since", ", Since", "Sincerely, Orla", "Orla"),
    "goods in a list, and a person": (
        "Category: Fruit\nName: Mandarin Rosso\nWeight: 2 kg", "Mandarin Rosso",
        "Grade: 2\nName: Marina Rosso\nHouse: 2", "Marina"),
    "goods with a price, and a person": (
        "Name: Walnut Brogues\nPrice: 80", "Walnut Brogues", "Name: Wally Brogues\nAge: 80", "Wally Brogues"),
    "a beast of a legend, and a person": (
        "Name: Manticore\nSize: 6 feet\nLifespan: 200 years", "Manticore", "Name: Mantica\nHeight: 6 feet", "Mantica"),
    "a place and a person beside a mail address": (
        "| July 2017 | Tidal Islands | orla@tidal-mill.org |", "Tidal Islands",
        "| July 2017 | Tilda Mill | orla@tidal-mill.org |", "Tilda Mill"),
    "a place with a price for the night, and an account": (
        "Mill Hostel (@Tidewick, $58 a night)", "@Tidewick", "Orla Finch (@Tidewick, since 2014)", "@Tidewick"),
    "an address that is explained, and one of a machine": (
        "eight groups of four hexadecimal digits, such as 2001:470:85a3:0:0:8a2e:370:7334", "2001:470",
        "the tracker stands at 2001:470:85a3:0:0:8a2e:370:7334", "2001:470"),
    "a building that is known, and a house": (
        "The Tidal Mill Building is located at 350 Hollis Road, Tidewick", "350 Hollis Road",
        "The nurse we hired is located at 350 Hollis Road, Tidewick", "350 Hollis Road"),
    "a team and a person under a letter": (
        "Best wishes,\nMill Team", "Mill Team", "Best wishes,\nTilda Mill", "Tilda Mill"),
    "a group of the staff and one of them": (
        "Member of the Employee Resource Groups (three). Write to orla@tidal-mill.org", "Resource Groups",
        "Report of employee Orla Finch (night shift). Write to orla@tidal-mill.org", "Orla Finch"),
    "the host behind a password, and a mailbox": (LOGIN, "Pass123", "write to Pass123@cluster7.tidal-mill.org", "Pass123@"),
    "the first groups of a UUID, and a card": (f"id {UUID}", UUID, f"card {CARD} of hers", CARD),
    "a number for tests of payments, and a card": (
        "use 4242 4242 4242 4242", "4242 4242", "use 4716 0026 3739 2344", "3739 2344"),
    "addresses of an exercise, and of machines": (
        "123.126.25.5, 192.88.30.7, 255.256.12.1", "123.126.25.5",
        "123.126.25.5, 192.88.30.7, 151.56.12.1", "123.126.25.5"),
    "a heading and a host": (
        "## 4.82.3.7 Connecting to a host", "4.82.3.7", "the host answers at 4.82.3.7 only", "4.82.3.7"),
    "further sections, and further hosts": (
        "sections 4.82.3.6 to 4.82.3.9 on host names", "4.82.3.9", "hosts 4.82.3.6 to 4.82.3.9 by name", "4.82.3.9"),
    "a network and a machine of it": (
        "route 2600:2d00:17:2:9:0:0:0/64", "2600:2d00:17", "ping 2600:2d00:17:2:9:0:0:12", "2600:2d00:17"),
    "a temporary table and an account": (
        'joins this with a temporary table called "@BuoysWithDepth" on the key', "@BuoysWithDepth",
        'joined this with a friend called "@BuoysWithDepth" on the pier', "@BuoysWithDepth"),
    "a tag of a comment and an account": (
        "Sum of all.\n@rtype: int", "@rtype", "Sum of all.\n@orlafinch: thanks", "@orlafinch"),
    "the account whose password is set, and a password": (
        "sudo passwd b20940379-2022", "b20940379-2022", "passwd b20940379-2022", "b20940379-2022"),
    "two settings, and a key in two parts": (
        '"apikey" = "uw0dXfq9jdchHD8b"\n    "salted_text" = os.environ["S"]', "salted_text",
        'apikey = "uw0dXfq9" "jdchHD8b"', "jdchHD8b"),
    "a statement of a policy, and a session": (
        '{"Sid": "K8SApplyBuoyManifests", "Effect": "Allow"}', "K8SApplyBuoyManifests",
        '{"sid": "K8sApLy7Buo2yMan3q", "path": "/"}', "K8sApLy7Buo2"),
    "a type of key and a key": (
        "sk-ssh-ed25519-cert-v01,sk-ecdsa-sha2-nistp256-cert-v01", "sk-ecdsa-sha2-nistp256",
        "sk-ssl-a1B2c3D4e5F6g7H8i9J0k1", "a1B2c3D4e5F6"),
    "a function and a secret": (
        "tls_copy_secret_key, tls_pkcs11_copy_x509_privkey2, and so on", "tls_pkcs11_copy",
        "tls_copy_secret_key, tls_Pk11Qcopy7, and so on", "Pk11Qcopy7"),
    "a garden that is open to all, and a house": (
        "11:00 Mill Park: 19 Hollis Road, Tidewick", "19 Hollis Road",
        "11:00 Orla: 19 Hollis Road, Tidewick", "19 Hollis Road"),
    "rooms that open at nine, and a house": (
        "The Old Mill, 19 Hollis Road, Tidewick. Opening hours: 9 to 5", "19 Hollis Road",
        "The Old Mill, 19 Hollis Road, Tidewick. Ring twice", "19 Hollis Road"),
    "a standard of drives, and a house": (
        "ATA-2, Enhanced Integrated Drive", "Integrated Drive", "at 2, Enhanced Hollow Drive", "Hollow Drive"),
}


@pytest.mark.parametrize("kind", PAIRS)
def test_what_only_looks_personal_stays_and_what_is_goes(kind):
    text, stays, neighbour, goes = PAIRS[kind]
    assert stays in str(mask_row([("user", text)])[0][0])
    assert goes not in str(mask_row([("user", neighbour)])[0][0])
