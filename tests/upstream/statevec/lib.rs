//! A small bank on StateVec's own macros: records with primary keys, commands, events, an invariant.

#[path = "../ledger.rs"]
mod ledger;

use statevec_api::{
    BizInvariantReadContext, InvariantReadContextExt, RuntimeCommandEnvelope, RuntimeHostContext,
    RuntimeHostError, RuntimePlugin, RuntimePluginError, RuntimePluginFactory,
    RuntimePluginLoadError, RuntimePluginUnloadError, TypedTxContext,
};
use statevec_macros::{command_dispatch, export_runtime_plugin, schema_module};
use statevec_model::{
    CommandDefinition, GeneratedEventAccess, RecordSchema, SchemaRegistry,
};

use ledger::Entry;
use v1::*;

/// What the ledger counts.
const KINDS: [&str; 2] = ["runtime", "command"];

#[schema_module(version = "1.0")]
pub mod v1 {
    use statevec_macros::{EnumU8, command, event, record};
    use statevec_model::FixedBytes;

    #[derive(EnumU8)]
    #[repr(u8)]
    pub enum Level {
        Plain = 1,
        Gold = 2,
    }

    /// Found by its number.
    #[record(kind = 1, record_len = 128, pk(fields = [number]))]
    pub struct Account {
        #[field(index = 1, immutable)]
        pub number: u64,
        #[field(index = 2)]
        pub owner: FixedBytes<16>,
        #[field(index = 3)]
        pub balance: i64,
        #[field(index = 4)]
        pub moves: u32,
        #[field(index = 5, enum_u8)]
        pub level: Level,
        #[field(index = 6)]
        pub frozen: bool,
    }

    /// Found by account and number: a key of two fields, one of which is signed.
    #[record(kind = 2, record_len = 64, pk(fields = [account, number]))]
    pub struct Posting {
        #[field(index = 1, immutable)]
        pub account: u64,
        #[field(index = 2, immutable)]
        pub number: i32,
        #[field(index = 3)]
        pub amount: i64,
    }

    #[command(kind = 1)]
    pub struct Open {
        #[field(index = 1)]
        pub number: u64,
        #[field(index = 2)]
        pub owner: FixedBytes<16>,
        #[field(index = 3, enum_u8)]
        pub level: Level,
    }

    #[command(kind = 2)]
    pub struct Transfer {
        #[field(index = 1)]
        pub from: u64,
        #[field(index = 2)]
        pub to: u64,
        #[field(index = 3)]
        pub amount: u64,
        #[field(index = 4)]
        pub note: VarBytes,
    }

    #[command(kind = 3)]
    pub struct Close {
        #[field(index = 1)]
        pub number: u64,
    }

    /// Breaks the invariant, for those who want to see it broken.
    #[command(kind = 4)]
    pub struct Forge {
        #[field(index = 1)]
        pub number: u64,
        #[field(index = 2)]
        pub amount: i64,
    }

    #[event(kind = 1)]
    pub struct Opened {
        #[field(index = 1)]
        pub number: u64,
        #[field(index = 2)]
        pub owner: FixedBytes<16>,
    }

    #[event(kind = 2)]
    pub struct Moved {
        #[field(index = 1)]
        pub from: u64,
        #[field(index = 2)]
        pub to: u64,
        #[field(index = 3)]
        pub amount: u64,
        #[field(index = 4)]
        pub note: VarBytes,
    }

    #[event(kind = 3)]
    pub struct Closed {
        #[field(index = 1)]
        pub number: u64,
    }
}

#[derive(Debug)]
struct Refusal(String);

impl From<RuntimeHostError> for Refusal {
    fn from(error: RuntimeHostError) -> Self {
        Self(error.message)
    }
}

fn refuse<T>(why: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal(why.into()))
}

struct Bank {
    /// How far an account may be overdrawn.
    limit: i64,
    fails_unload: bool,
    _entry: Entry,
}

command_dispatch! {
    fn dispatch;
    runtime = Bank;
    error = Refusal;
    Open => Bank::open,
    Transfer => Bank::transfer,
    Close => Bank::close,
    Forge => Bank::forge,
}

impl Bank {
    fn open<Tx>(&self, tx: &mut Tx, command: OpenAccess<'_>) -> Result<(), Refusal>
    where
        Tx: TypedTxContext + ?Sized,
        Refusal: From<Tx::Error>,
    {
        let (number, owner) = (command.number(), command.owner());
        if tx.with_read_typed_by_pk::<Account, _, _, _>(Account::pk(number), |_| ())?.is_some() {
            return refuse(format!("account {number} is open"));
        }
        tx.create_typed::<Account, _>(|account| {
            account.init_number(number);
            account.set_owner(&owner);
            account.set_balance(0);
            account.set_moves(0);
            account.set_level(command.level());
            account.set_frozen(false);
        })?;
        tx.debug_log(format!("account {number} is open"));
        tx.emit_typed_event::<Opened>(Opened::builder().set_number(number).set_owner(owner).build());
        Ok(())
    }

    fn transfer<Tx>(&self, tx: &mut Tx, command: TransferAccess<'_>) -> Result<(), Refusal>
    where
        Tx: TypedTxContext + ?Sized,
        Refusal: From<Tx::Error>,
    {
        let (from, to, amount) = (command.from(), command.to(), command.amount());
        let signed = i64::try_from(amount).map_err(|_| Refusal("too much".into()))?;
        // Money goes before it is known whether it may: a host has to undo what was done.
        self.post(tx, to, signed)?;
        let left = self.post(tx, from, -signed)?;
        if left < -self.limit {
            return refuse(format!("account {from} has not enough: {left}"));
        }
        tx.emit_typed_event::<Moved>(
            Moved::builder()
                .set_from(from)
                .set_to(to)
                .set_amount(amount)
                .set_note(command.note().to_vec())
                .build(),
        );
        Ok(())
    }

    /// The balance afterwards.
    fn post<Tx>(&self, tx: &mut Tx, number: u64, amount: i64) -> Result<i64, Refusal>
    where
        Tx: TypedTxContext + ?Sized,
        Refusal: From<Tx::Error>,
    {
        let found = tx.update_typed_by_pk::<Account, _, _, _>(Account::pk(number), |account| {
            let (balance, moves) = (account.balance() + amount, account.moves() + 1);
            account.set_balance(balance);
            account.set_moves(moves);
            (balance, moves)
        })?;
        let Some((balance, moves)) = found else {
            return refuse(format!("no account {number}"));
        };
        tx.create_typed::<Posting, _>(|posting| {
            posting.init_account(number);
            // They are negative, so that the last one comes first.
            posting.init_number(-(moves as i32));
            posting.set_amount(amount);
        })?;
        Ok(balance)
    }

    fn close<Tx>(&self, tx: &mut Tx, command: CloseAccess<'_>) -> Result<(), Refusal>
    where
        Tx: TypedTxContext + ?Sized,
        Refusal: From<Tx::Error>,
    {
        let number = command.number();
        let mut moves = 0;
        let mut keys = 0;
        tx.for_each_record_key(Account::KIND, &mut |_| keys += 1);
        if let Some((balance, count)) = tx
            .with_read_typed_by_pk::<Account, _, _, _>(Account::pk(number), |account| {
                (account.balance(), account.moves())
            })?
        {
            if balance != 0 {
                return refuse(format!("account {number} has {balance}"));
            }
            moves = count;
        }
        for posting in 1..=moves {
            tx.delete_by_pk::<Posting, _>(Posting::pk(number, -(posting as i32)))?;
        }
        if !tx.delete_by_pk::<Account, _>(Account::pk(number))? {
            return refuse(format!("no account {number}"));
        }
        tx.debug_log(format!("account {number} is closed, one of {keys}"));
        tx.emit_typed_event::<Closed>(Closed::builder().set_number(number).build());
        Ok(())
    }

    fn forge<Tx>(&self, tx: &mut Tx, command: ForgeAccess<'_>) -> Result<(), Refusal>
    where
        Tx: TypedTxContext + ?Sized,
        Refusal: From<Tx::Error>,
    {
        tx.update_typed_by_pk::<Account, _, _, _>(Account::pk(command.number()), |account| {
            let balance = account.balance() + command.amount();
            account.set_balance(balance);
        })?;
        Ok(())
    }
}

impl RuntimePlugin for Bank {
    fn name(&self) -> &'static str {
        "upstream-bank"
    }

    fn schema_registry(&self) -> SchemaRegistry {
        v1::registry()
    }

    fn run_tx(
        &self,
        tx: &mut dyn RuntimeHostContext,
        command: &dyn RuntimeCommandEnvelope,
    ) -> Result<(), RuntimePluginError> {
        let _entry = Entry::new("command");
        match self.dispatch(tx, command) {
            Ok(true) => Ok(()),
            Ok(false) => {
                let kind = command.command_kind();
                Err(RuntimePluginError::new(format!("no command {kind}")))
            }
            Err(Refusal(why)) => Err(RuntimePluginError::new(why)),
        }
    }

    /// Money is moved, and never made: all balances add up to nothing.
    fn validate_biz_invariants(&self, ctx: &dyn BizInvariantReadContext) -> Result<(), String> {
        let mut keys = Vec::new();
        ctx.for_each_record_key_raw(Account::KIND, &mut |key| keys.push(key))
            .map_err(|error| error.message)?;
        let mut sum = 0;
        for key in keys {
            let balance = ctx
                .with_read_typed::<Account, _, _>(key.sys_id, |account| account.balance())
                .map_err(|error| error.message)?;
            sum += balance.ok_or("a key without a record")?;
        }
        let posted = ctx
            .with_read_typed_by_pk::<Posting, _, _, _>(Posting::pk(0, 0), |posting| posting.amount())
            .map_err(|error| error.message)?;
        if let Some(amount) = posted {
            return Err(format!("a posting of nobody: {amount}"));
        }
        if sum != 0 {
            return Err(format!("balances add up to {sum}"));
        }
        Ok(())
    }

    fn on_unload(&mut self) -> Result<(), RuntimePluginUnloadError> {
        if self.fails_unload {
            return Err(RuntimePluginUnloadError::new("as configured"));
        }
        Ok(())
    }
}

struct Factory;

impl RuntimePluginFactory for Factory {
    fn plugin_name(&self) -> &'static str {
        "upstream-bank"
    }

    fn schema_registry(&self) -> SchemaRegistry {
        v1::registry()
    }

    fn command_definitions(&self) -> &'static [&'static CommandDefinition] {
        &[]
    }

    /// The configuration is words: `limit=N`, `fails-unload`.
    fn create(&self, config: &str) -> Result<Box<dyn RuntimePlugin>, RuntimePluginLoadError> {
        let mut bank = Bank { limit: 0, fails_unload: false, _entry: Entry::new("runtime") };
        for word in config.split_whitespace() {
            match word.split_once('=') {
                Some(("limit", number)) => {
                    bank.limit = number.parse().map_err(|error| {
                        RuntimePluginLoadError::new(format!("{word}: {error}"))
                    })?;
                }
                None if word == "fails-unload" => bank.fails_unload = true,
                _ => return Err(RuntimePluginLoadError::new(format!("not understood: {word}"))),
            }
        }
        Ok(Box::new(bank))
    }
}

export_runtime_plugin!(Box::new(Factory));
