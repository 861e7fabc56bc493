"""Runs the recipe with snowfakery, in the environment of `requirements.txt`: generate.py FOLDER ACCOUNTS SEED."""

import random
import sys
from pathlib import Path

from faker import Faker
from snowfakery import generate_data

folder, accounts, seed = sys.argv[1:]
random.seed(int(seed))
Faker.seed(int(seed))
recipe = Path(__file__).with_name("crm.recipe.yml")
generate_data(recipe, output_format="csv", output_folder=folder, user_options={"accounts": accounts})
