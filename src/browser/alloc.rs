//! The allocator: talc, which is made for wasm's growing memory and a kilobyte and a half less to download than the standard one.

#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
